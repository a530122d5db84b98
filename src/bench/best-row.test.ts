/**
 * The best of several methods is corrected for the choice: by simulation with a known truth, of
 * which this is a small version with fixed seeds.
 */
import { describe, expect, it } from "vitest";
import { createPrng } from "../base";
import { type BestRowOptions, bestRowWords, correctedBest } from "./best-row";
import { computeMetrics, metricOf } from "./metrics";
import { metricInputOf } from "./pools";
import type { Prediction, RunRecord } from "./record";
import { groupRuns } from "./run-groups";
import { mean } from "./stats";
import { makeRecord } from "./testing";

const FOLDS = 5;

/**
 * One study: patients of whom 30 % are positive, and methods that decide rightly with a given
 * probability. The truth of a method is then known.
 */
function study(seed: number, patients: number, right: readonly number[], change: Partial<Prediction> = {}) {
  const prng = createPrng(seed, "best-row-test");
  return right.flatMap((share, m): RunRecord[] => {
    const predictions = Array.from({ length: patients }, (_, i): Prediction => {
      const truth = i % 10 < 3 ? 1 : 0;
      const decision = prng.uniform() < share ? truth : 1 - truth;
      const p = decision ? 0.5 + prng.uniform() / 2 : prng.uniform() / 2;
      return { image: `i${i}`, patient: `p${i}`, truth, probabilities: [1 - p, p], ...change };
    });
    return Array.from({ length: FOLDS }, (_, fold) => {
      const own = predictions.filter((_, i) => Math.floor(i / 10) % FOLDS === fold);
      return makeRecord({ method: `m${m}`, fold, predictions: own, metrics: computeMetrics(metricInputOf(own, 2)) });
    });
  });
}

function best(records: readonly RunRecord[], metric = "matthews_corrcoef", options: BestRowOptions = {}) {
  const steps = correctedBest(groupRuns(records), metricOf(metric), options);
  for (let step = steps.next(); ; step = steps.next()) if (step.done) return step.value;
}

/** Mean excess of the shown and of the corrected value over the truth, over some studies. */
function excess(studies: number, metric: string, right: readonly number[], truth: number, patients = 50) {
  const results = Array.from({ length: studies }, (_, seed) =>
    best(study(seed, patients, right), metric, { seed, resamples: 40 }),
  );
  return {
    shown: mean(results.map((row) => row!.shown)) - truth,
    corrected: mean(results.map((row) => row!.corrected)) - truth,
  };
}

const equal = (count: number, right: number) => new Array<number>(count).fill(right);

describe("correctedBest", () => {
  it("takes off the luck of the best of twelve equal methods without skill", () => {
    const { shown, corrected } = excess(30, "matthews_corrcoef", equal(12, 0.5), 0);
    expect(shown).toBeGreaterThan(0.2);
    expect(Math.abs(corrected)).toBeLessThan(0.05);
  });

  it("takes it off for equal methods with skill", () => {
    // 75 % right, 30 % positive: (0.225·0.525 − 0.175·0.075)/√(0.3·0.7·0.4·0.6) = 0.4677.
    const { shown, corrected } = excess(30, "matthews_corrcoef", equal(12, 0.75), 0.4677);
    expect(shown).toBeGreaterThan(0.15);
    expect(Math.abs(corrected)).toBeLessThan(0.06);
  });

  it("takes nothing off a method that is far better than the others", () => {
    const row = best(study(3, 100, [0.55, 0.95, 0.5, 0.6]))!;
    expect(row.group.methodId).toBe("m1");
    expect(Math.abs(row.optimism)).toBeLessThan(0.02);
    expect(row).toMatchObject({ candidates: 4, patients: 100, resamples: 500 });
    expect(row.corrected).toBeCloseTo(row.shown - row.optimism, 14);
  });

  it("keeps average precision on the scale of all patients, and turns round for lower-is-better", () => {
    // Random scores reach 14/49 + (1 + 1/2 + … + 1/50)/50 · 35/49 = 0.3500 on 15 positives of 50.
    const { corrected } = excess(30, "average_precision", equal(6, 0.5), 0.35);
    expect(Math.abs(corrected)).toBeLessThan(0.04);
    const brier = best(study(1, 50, equal(6, 0.5)), "brier")!;
    expect(brier.optimism).toBeGreaterThan(0);
    expect(brier.corrected).toBeGreaterThan(brier.shown);
  });

  it("says the corrected figure in words", () => {
    const row = { ...best(study(2, 50, equal(3, 0.6)))!, shown: 0.4752, corrected: 0.391, optimism: 0.0842 };
    const words = (change: Partial<typeof row>, metric = "matthews_corrcoef") =>
      bestRowWords({ ...row, ...change }, "LoRA", metricOf(metric));
    expect(words({})).toBe(
      "LoRA has the highest MCC of 3 rows: 0.475. Having been chosen as the best flatters it: on new patients like " +
        "these expect about 0.39 (the choice was repeated on 50 patients drawn anew).",
    );
    expect(words({ optimism: 0.001 })).toMatch(/ hardly flatters it /);
    expect(words({}, "brier")).toMatch(/^LoRA has the lowest Brier score of 3 rows:/);
  });

  it("gives equal figures for equal seeds, whatever the records' order", () => {
    const records = study(2, 50, equal(3, 0.6));
    expect(best([...records].reverse())).toEqual(best(records));
  });

  it("has nothing to correct for one method, without shared images, or without a value", () => {
    expect(best(study(1, 50, [0.7]))).toBeNull();
    // Too few patients for what was simulated, and two rows that share the best value.
    expect(best(study(1, 30, equal(3, 0.7)))).toBeNull();
    const [own] = study(1, 50, [0.7]);
    const twin = { ...own, id: "twin", config: { ...own.config, method: { id: "twin", config: {} } } };
    expect(best([own, twin])).toBeNull();
    const apart = study(1, 50, equal(2, 0.7)).map((record) =>
      record.config.method.id === "m0"
        ? record
        : { ...record, predictions: record.predictions.map((p) => ({ ...p, image: `other ${p.image}` })) },
    );
    expect(best(apart)).toBeNull();
    expect(best(study(1, 50, equal(2, 0.7), { truth: 0 }), "roc_auc")).toBeNull();
  });
});
