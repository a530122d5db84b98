/**
 * Out-of-fold predictions pooled within a repeat: every image once, predicted by a model that did
 * not train on its patient.
 *
 * Some metrics need more images than a small fold has. A mean over folds of average precision or of
 * the calibration error is then far too high; on the pool of a whole repeat the error is several
 * times smaller. A pool compares the probabilities of the models of several folds.
 */
import { groupBy } from "../base/group-by";
import type { MetricInput } from "./metric";
import type { Prediction, RunRecord } from "./record";
import { mean } from "./stats/summary";

/** The predictions of one partition of the patients and one seed. */
export interface Pool {
  splitSeed: number;
  seed: number;
  /** 1, or more where the parts of one partition test an image several times. */
  round: number;
  predictions: Prediction[];
}

/**
 * The pools of one run group, by split seed, seed, then round. Where the parts of a partition test
 * an image several times, each further prediction goes into a further round.
 *
 * @param records of one run group
 */
export function poolsOf(records: readonly RunRecord[]): Pool[] {
  const repeats = groupBy(records, ({ config }) => `${config.split.splitSeed}/${config.seed}`);
  const pools = [...repeats.values()].flatMap(poolsOfRepeat);
  return pools.sort((a, b) => a.splitSeed - b.splitSeed || a.seed - b.seed || a.round - b.round);
}

/**
 * Pools by the first record of their repeat. While runs finish, all other pools stay the same
 * objects, so that nobody computes their metrics again.
 */
const known = new WeakMap<RunRecord, { records: readonly RunRecord[]; pools: Pool[] }>();

function poolsOfRepeat(records: readonly RunRecord[]): Pool[] {
  const before = known.get(records[0]);
  if (before?.records.length === records.length && before.records.every((record, i) => record === records[i]))
    return before.pools;
  const { split, seed } = records[0].config;
  const { splitSeed } = split;
  const pools = roundsOf(records).map((predictions, i) => ({ splitSeed, seed, round: i + 1, predictions }));
  known.set(records[0], { records, pools });
  return pools;
}

function roundsOf(records: readonly RunRecord[]): Prediction[][] {
  const rounds: Prediction[][] = [];
  const seen = new Map<string, number>();
  for (const { predictions } of records)
    for (const prediction of predictions) {
      const round = seen.get(prediction.image) ?? 0;
      seen.set(prediction.image, round + 1);
      if (round === rounds.length) rounds.push([]);
      rounds[round].push(prediction);
    }
  return rounds;
}

/** The input of a metric's `compute` from predictions over `classes` classes. */
export function metricInputOf(predictions: readonly Prediction[], classes: number): MetricInput {
  return {
    truth: predictions.map(({ truth }) => truth),
    probabilities: predictions.map(({ probabilities }) => probabilities),
    classes,
  };
}

/**
 * The mean of a metric over pools, weighted by their numbers of images, so that a repeat with a
 * missing part counts for less. Pools where it is undefined are left out; NaN if it is in all.
 */
export function pooledMean(pools: readonly Pool[], compute: (pool: Pool) => number): number {
  const defined = pools
    .map((pool) => ({ value: compute(pool), images: pool.predictions.length }))
    .filter(({ value }) => !Number.isNaN(value));
  if (new Set(defined.map(({ images }) => images)).size <= 1) return mean(defined.map(({ value }) => value));
  const images = defined.reduce((sum, pool) => sum + pool.images, 0);
  return defined.reduce((sum, pool) => sum + pool.value * pool.images, 0) / images;
}

/** [C] numbers of images of each class in the largest pool; empty without predictions. */
export function largestPoolCounts(pools: readonly Pool[], classes: number): number[] {
  const largest = pools.reduce<readonly Prediction[]>(
    (most, { predictions }) => (predictions.length > most.length ? predictions : most),
    [],
  );
  if (largest.length === 0) return [];
  return Array.from({ length: classes }, (_, c) => largest.filter(({ truth }) => truth === c).length);
}
