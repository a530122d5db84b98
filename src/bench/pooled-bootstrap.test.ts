/**
 * The pooled interval brackets the mean over seeds and leaves out images that a seed did not
 * predict.
 */
import { describe, expect, it } from "vitest";
import { createPrng } from "../base";
import { metricOf } from "./metrics";
import { pooledBootstrap } from "./pooled-bootstrap";
import { makeRecord } from "./testing";

const prng = createPrng(0, "pooled-test");
const records = [0, 1].flatMap((seed) =>
  [0, 1, 2, 3, 4].map((fold) =>
    makeRecord({
      fold,
      seed,
      predictions: Array.from({ length: 20 }, (_, i) => {
        const truth = i % 4 === 0 ? 1 : 0;
        const p = 1 / (1 + Math.exp(-(truth ? 1 : -1) - prng.normal()));
        return { image: `${fold}-${i}`, patient: `${fold}-${i >> 1}`, truth, probabilities: [1 - p, p] };
      }),
    }),
  ),
);

describe("pooledBootstrap", () => {
  it("brackets the mean over seeds of the pooled metric", () => {
    const result = pooledBootstrap(records, "roc_auc", { seed: 1, resamples: 1000 });
    const pooled = [0, 1].map((seed) => {
      const all = records.filter(({ config }) => config.seed === seed).flatMap((record) => record.predictions);
      const truth = all.map((prediction) => prediction.truth);
      return metricOf("roc_auc").compute({ truth, probabilities: all.map((p) => p.probabilities), classes: 2 });
    });
    expect(result.value).toBeCloseTo((pooled[0] + pooled[1]) / 2, 12);
    expect(result).toMatchObject({ skipped: 0, resamples: 1000, patients: 50 });
    expect(result.low).toBeLessThan(result.value);
    expect(result.high).toBeGreaterThan(result.value);
    expect(pooledBootstrap([...records].reverse(), "roc_auc", { seed: 1, resamples: 1000 })).toEqual(result);
  });

  it("leaves out images that a seed has not predicted, and refuses several groups", () => {
    expect(pooledBootstrap(records.slice(0, 9), "roc_auc", { seed: 1 }).patients).toBe(40);
    expect(() => pooledBootstrap([...records, makeRecord({ method: "x" })], "roc_auc", { seed: 1 })).toThrow(
      /2 groups/,
    );
  });
});
