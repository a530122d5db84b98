/** A form warns when two settings correct for rare classes. */
import { expect, test } from "vitest";
import { groupingCautions, trainingCautions } from "./cautions";
import { trainingSchema } from "./training";

const cautions = (settings: object) => trainingCautions(trainingSchema.parse(settings));

test("correcting twice for rare classes is reported", () => {
  expect(cautions({ sampling: "balanced" })).toEqual([
    "Balanced sampling and balanced class weights both correct for rare classes: one suffices.",
  ]);
  expect(cautions({ loss: "logit-adjusted", classWeights: "effective" })[0]).toMatch(
    /^The logit-adjusted loss and eff/,
  );
  expect(cautions({ loss: "logit-adjusted", sampling: "balanced" })[0]).toMatch(/, .* and .* all correct/);
});

test("correcting once is not", () => {
  expect(cautions({})).toEqual([]);
  expect(cautions({ loss: "focal" })).toEqual([]);
  expect(cautions({ sampling: "balanced", classWeights: "none" })).toEqual([]);
  expect(cautions({ loss: "logit-adjusted", classWeights: "none" })).toEqual([]);
});

test("a split image by image is reported, a split by patient is not", () => {
  expect(groupingCautions({ grouping: "patient" })).toEqual([]);
  expect(groupingCautions({ grouping: "image" })).toEqual([expect.stringContaining("better than for new patients")]);
});
