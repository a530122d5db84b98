/**
 * One stratified division into training, validation and test images that never splits a patient.
 * Repeats of it are Monte Carlo cross-validation, for which the correction of the intervals was
 * made (Nadeau and Bengio 2003).
 */
import { z } from "zod";
import { setting } from "../../base/setting";
import { classNamesOf } from "../folds";
import { defineProtocol } from "./protocol";
import { divideByShares } from "./shares";
import { validationInWords, validationShare } from "./validation-share";

const testBounds = "Between 0.05 and 0.5.";
const config = z.object({
  testShare: setting(z.number(testBounds).min(0.05, testBounds).max(0.5, testBounds).default(0.2), {
    title: "Share for the test",
    description: "Of all images; patients stay whole, and each part has about the same share of each outcome",
  }),
  validationShare: validationShare("all images"),
});

export default defineProtocol({
  id: "hold-out",
  label: "Hold-out",
  noun: "hold-out",
  config,
  describe: ({ testShare, validationShare: share }, grouping) =>
    `hold-out ${grouping === "patient" ? "by patient" : "image by image"}: ${Math.round(100 * testShare)} % to test, ` +
    validationInWords(share, "all"),
  parts: () => ["test"],
  title: () => "1",
  partLabel: () => "hold-out",
  divide: ({ images, classes }, { testShare, validationShare: share }, seed) => {
    const [train, validation, test] = divideByShares({
      images,
      classNames: classNamesOf(images, classes),
      shares: [1 - testShare - share, share, testShare],
      seed,
      stream: "hold-out",
      where: "the hold-out",
    });
    return { train, validation, test };
  },
  overlap: ({ testShare, validationShare: share }) => testShare / (1 - testShare - share),
  repeatable: true,
  moreTraining: "smaller shares for test and validation",
});
