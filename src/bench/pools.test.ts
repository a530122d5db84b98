/** Predictions pool within a repeat, each image once, and pooled metrics come from these pools. */
import { describe, expect, it } from "vitest";
import { createPrng } from "../base";
import { aggregate } from "./aggregate";
import { computeMetrics, metricOf } from "./metrics";
import { largestPoolCounts, metricInputOf, pooledMean, poolsOf } from "./pools";
import type { Prediction } from "./record";
import { correctedInterval } from "./stats";
import { makeRecord } from "./testing";

const prng = createPrng(3, "pools-test");
const predictionsOf = (fold: number, images = 12): Prediction[] =>
  Array.from({ length: images }, (_, i) => {
    const truth = i % 4 === 0 ? 1 : 0;
    const p = 1 / (1 + Math.exp(-(truth ? 1 : -1) - prng.normal()));
    return { image: `${fold}-${i}`, patient: `${fold}-${i >> 1}`, truth, probabilities: [1 - p, p] };
  });
const recordOf = (fold: number, seed: number, splitSeed = 42, predictions = predictionsOf(fold)) =>
  makeRecord({ fold, seed, splitSeed, predictions, metrics: computeMetrics(metricInputOf(predictions, 2)) });
const folds = [0, 1, 2, 3, 4];
const records = [42, 43].flatMap((splitSeed) =>
  [0, 1].flatMap((seed) => folds.map((fold) => recordOf(fold, seed, splitSeed))),
);
const ap = metricOf("average_precision").compute;

describe("poolsOf", () => {
  it("holds each image once per partition and seed, whatever the records' order", () => {
    const pools = poolsOf(records);
    expect(pools.map(({ splitSeed, seed, round }) => [splitSeed, seed, round])).toEqual([
      [42, 0, 1],
      [42, 1, 1],
      [43, 0, 1],
      [43, 1, 1],
    ]);
    for (const { predictions } of pools) expect(new Set(predictions.map(({ image }) => image)).size).toBe(60);
    const names = (from: typeof pools) => from.map(({ predictions }) => predictions.map(({ image }) => image).sort());
    expect(names(poolsOf([...records].reverse()))).toEqual(names(pools));
    expect(largestPoolCounts(pools, 2)).toEqual([45, 15]);
    expect(largestPoolCounts([], 2)).toEqual([]);
  });

  it("keeps the pools of repeats that get no further record", () => {
    const [first] = poolsOf(records.slice(0, 7));
    const [again, second] = poolsOf(records.slice(0, 8));
    expect(again).toBe(first);
    expect(second.predictions).toHaveLength(36);
  });

  it("puts a second prediction of an image into a second round", () => {
    const again = makeRecord({ fold: 1, predictions: predictionsOf(0) });
    const pools = poolsOf([recordOf(0, 0), again]);
    expect(pools.map(({ round, predictions }) => [round, predictions.length])).toEqual([
      [1, 12],
      [2, 12],
    ]);
  });
});

describe("pooled metrics", () => {
  const [row] = aggregate(records);

  it("are the mean over repeats and seeds of the metric on each pool", () => {
    const values = poolsOf(records).map(({ predictions }) => ap(metricInputOf(predictions, 2)));
    expect(row.metrics.average_precision.mean).toBeCloseTo(values.reduce((sum, v) => sum + v, 0) / 4, 14);
    expect(row.pooledCounts).toEqual([45, 15]);
  });

  it("have the half-width of the folds' corrected interval; ECE has none", () => {
    const ofFold = (splitSeed: number, part: string) => {
      const own = records.filter(({ config: { split } }) => split.splitSeed === splitSeed && split.part === part);
      return own.reduce((sum, { metrics }) => sum + metrics.average_precision!, 0) / own.length;
    };
    const values = [42, 43].flatMap((splitSeed) => folds.map((fold) => ofFold(splitSeed, String(fold))));
    const overParts = correctedInterval(values, { testOverTrain: 20 / 60, repeats: 2 });
    const { mean, low, high, n } = row.metrics.average_precision;
    expect(high - mean).toBeCloseTo((overParts.high - overParts.low) / 2, 14);
    expect((low + high) / 2).toBeCloseTo(mean, 14);
    expect(n).toBe(10);
    expect(row.metrics.ece.mean).toBeGreaterThan(0);
    expect(row.metrics.ece.low).toBeNaN();
  });

  it("use the images of a fold without positives, and say that the fold has no value", () => {
    const none = predictionsOf(0).map((p) => ({ ...p, truth: 0 }));
    const some = [recordOf(0, 0, 42, none), ...[1, 2, 3, 4].map((fold) => recordOf(fold, 0))];
    const summary = aggregate(some)[0].metrics.average_precision;
    expect(summary).toMatchObject({ undefinedParts: 1, n: 4 });
    expect(summary.mean).toBe(ap(metricInputOf(poolsOf(some)[0].predictions, 2)));
  });

  it("count a repeat with a missing part for less", () => {
    const pools = poolsOf([...records.slice(0, 5), records[5]]);
    const value = pooledMean(pools, ({ predictions }) => predictions.length);
    expect(value).toBeCloseTo((60 * 60 + 12 * 12) / 72, 12);
    expect(pooledMean(pools, () => Number.NaN)).toBeNaN();
  });
});
