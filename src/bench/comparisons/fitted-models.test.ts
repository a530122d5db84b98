/** The fitted models of two methods: pooled predictions of one repeat, DeLong, and bootstrap. */
import { expect, test } from "vitest";
import { createPrng } from "../../base";
import { metricOf } from "../metrics";
import { aucDifference } from "../stats";
import { makeRecord } from "../testing";
import { comparedGroups, fittedModels, verdictOf } from "./index";

const prng = createPrng(3, "fitted");
const truth = Array.from({ length: 40 }, (_, i) => (i % 3 === 0 ? 1 : 0));
const scoresOf = (signal: number) =>
  truth.map((label) => 1 / (1 + Math.exp(-(signal * (label - 0.4) + prng.normal()))));

/** Two folds of 20 images; `perPatient` neighbours are of one patient. */
const recordsOf = (method: string, scores: readonly number[], perPatient = 1) =>
  [0, 1].map((fold) =>
    makeRecord({
      method,
      fold,
      predictions: scores.flatMap((score, i) =>
        Math.floor(i / 20) === fold
          ? [
              {
                image: `i${i}`,
                patient: `p${Math.floor(i / perPatient)}`,
                truth: truth[i],
                probabilities: [1 - score, score],
              },
            ]
          : [],
      ),
    }),
  );

const [strong, weak] = [scoresOf(4), scoresOf(1)];
const compare = (perPatient = 1, metric = "roc_auc") =>
  comparedGroups([...recordsOf("a", strong, perPatient), ...recordsOf("b", weak, perPatient)], metric)[0];

test("the areas and their test are those of the pooled predictions", () => {
  const { roc, difference, images, isClustered } = fittedModels.compute(compare());
  const scored = truth.map((label, i) => ({ patient: `p${i}`, positive: label === 1, a: strong[i], b: weak[i] }));
  const expected = aucDifference(scored);
  expect(roc!.p).toBeCloseTo(expected.p, 12);
  expect(difference.value).toBeCloseTo(expected.difference, 12);
  expect(difference.low).toBeLessThan(difference.value);
  expect(difference.high).toBeGreaterThan(difference.value);
  expect(Math.abs(difference.low - expected.low)).toBeLessThan(0.06);
  expect(Math.abs(difference.high - expected.high)).toBeLessThan(0.06);
  expect([images, isClustered]).toEqual([40, false]);
});

test("any metric is resampled by patient, and the words say of whom they speak", () => {
  const compared = compare(2, "matthews_corrcoef");
  const { difference, isClustered } = fittedModels.compute(compared);
  const of = (scores: readonly number[]) =>
    metricOf("matthews_corrcoef").compute({ truth, probabilities: scores.map((p) => [1 - p, p]), classes: 2 });
  expect(difference.value).toBeCloseTo(of(strong) - of(weak), 12);
  expect([difference.patients, isClustered]).toEqual([20, true]);
  expect(verdictOf(fittedModels, compared)).toMatch(
    /^On 40 images of 20 patients, .* MCC of A minus that of B is \+0\.\d{3} \(95 % interval .* Obuchowski's .* fitted here, on these patients only/,
  );
});

test("it takes two methods with predictions in common, and no ROC area of several classes", () => {
  const compared = compare();
  expect(verdictOf(fittedModels, { ...compared, groups: compared.groups.slice(1) })).toBe("Choose two methods.");
  const [empty] = comparedGroups([makeRecord({ method: "a" }), makeRecord({ method: "b" })], "roc_auc");
  expect(verdictOf(fittedModels, empty)).toMatch(/no predictions of one image in common/);
  const three = compared.groups.map((group) => ({
    ...group,
    records: group.records.map((record) => ({ ...record, dataset: { ...record.dataset, classes: ["x", "y", "z"] } })),
  }));
  expect(fittedModels.compute({ ...compared, groups: three }).roc).toBeNull();
});
