/** A plan stores the settings of a loss under stable keys; the form shows them with that loss. */
import { expect, test } from "vitest";
import { prefixedKey } from "../base/setting";
import { type LossDef, losses } from "../engine/losses";
import { lossSettings } from "./loss-settings";
import { trainingMeta, trainingSchema } from "./training";

test("a plan stores each loss's settings under keys of their own, and these keep their names", () => {
  expect(Object.keys(lossSettings)).toEqual(expect.arrayContaining(["loss", "focalGamma", "logitTau"]));
  const keys = losses.flatMap((loss: LossDef) =>
    Object.keys(loss.settings.shape).map((key) => prefixedKey(loss.planPrefix, key)),
  );
  expect(Object.keys(lossSettings)).toEqual(["loss", ...new Set(keys)]);
  const { loss, ...own } = lossSettings;
  const others = Object.keys(trainingSchema.shape).filter((key) => !Object.hasOwn(lossSettings, key));
  expect(Object.keys(own).filter((key) => others.includes(key))).toEqual([]);
});

test("the form shows a loss's settings with it alone, under its label", () => {
  expect(trainingMeta("focalGamma")).toMatchObject({ title: "Focal γ", later: true, shownWhen: { is: "focal" } });
  expect(trainingMeta("loss").labels).toMatchObject({
    "cross-entropy": "Cross-entropy",
    focal: "Focal",
    "logit-adjusted": "Logit-adjusted",
  });
  const { description } = trainingMeta("loss");
  expect(description).toMatch("focal: turns to hard images; logit-adjusted: makes up for rare classes");
});
