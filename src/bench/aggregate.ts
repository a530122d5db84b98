/** Records → table rows: metrics over test parts or pools with intervals, and what they cost. */

import { countsOf } from "./class-weights";
import type { PlannedRun } from "./expand";
import type { Metric } from "./metric";
import { metricOf, metrics } from "./metrics";
import { largestPoolCounts, metricInputOf, type Pool, pooledMean, poolsOf } from "./pools";
import { withCorrectedProbabilities } from "./probabilities/of-record";
import type { RunRecord } from "./record";
import type { Regime } from "./regime";
import { groupRuns, partValue, type RunGroup } from "./run-groups";
import { correctedInterval, type MeanInterval, mean, median } from "./stats";

export interface MetricSummary extends MeanInterval {
  /**
   * Parts where the metric is undefined. They are in neither mean nor n; of a pooled metric, they
   * are in the mean, and the interval's width leaves them out.
   */
  undefinedParts: number;
}

/** One (backbone, method, regime), over partitions, parts and seeds. */
export interface AggregateRow {
  key: string;
  series: string;
  dataset: string;
  backbone: string;
  method: string;
  methodId: string;
  regime: Regime;
  regimeLabel: string;
  /** Finished runs. */
  n: number;
  /** Test parts with a run. Each counts once, whatever its number of seeds. */
  parts: number;
  /** Partitions with a run. */
  repeats: number;
  /** Test parts that are planned. */
  plannedParts: number;
  missing: RunGroup["missing"];
  /** Metric id → its summary, see `summariseMetric`. */
  metrics: Record<string, MetricSummary>;
  /** NaN before the first run. */
  trainableParameters: number;
  totalParameters: number;
  /** Median over the runs' median step times, ms; NaN where no run took a step. */
  msPerStep: number;
  /** Wall time of all runs together, ms. */
  wallMs: number;
  /** Mean numbers of images that a run trains on and validates on. */
  trainImages: number;
  validationImages: number;
  /** [C] mean numbers of images per class that a run uses; absent where records do not tell. */
  labelsPerClass?: { train: number[]; validation: number[] };
  /** All images of the dataset; NaN before the first run. */
  images: number;
  classes: string[];
  /** [C] share of each class in the whole dataset. */
  prevalence: number[];
  /** [C] images of each class in one pool, for baselines of metrics; empty before the first run. */
  pooledCounts: number[];
  runIds: string[];
}

export interface AggregateOptions {
  /** The runs of the plan. With them, `missing` is exact; without them, `groupRuns` guesses it. */
  planned?: readonly PlannedRun[];
  /** Confidence level of the intervals; default 0.95. */
  level?: number;
}

/** One row per run group, in the order of `groupRuns`. */
export function aggregate(
  records: Parameters<typeof groupRuns>[0],
  { planned, level = 0.95 }: AggregateOptions = {},
): AggregateRow[] {
  return groupRuns(records, planned).map((group) => aggregateRow(group, level));
}

function aggregateRow(group: RunGroup, level: number): AggregateRow {
  const { records } = group;
  const first = records[0];
  const pools = poolsOf(records);
  return {
    key: group.key,
    series: group.series,
    ...group.labels,
    methodId: group.methodId,
    regime: group.regime,
    regimeLabel: group.regimeLabel,
    n: records.length,
    parts: group.parts.length,
    repeats: group.repeats,
    plannedParts: new Set([...group.parts, ...group.missing].map(({ splitSeed, part }) => `${splitSeed}/${part}`)).size,
    missing: group.missing,
    metrics: Object.fromEntries(metrics.map(({ id }) => [id, summariseParts(group, pools, id, level)])),
    trainableParameters: first?.trainableParameters ?? Number.NaN,
    totalParameters: first?.totalParameters ?? Number.NaN,
    msPerStep: median(records.filter(({ steps }) => steps > 0).map(({ msPerStep }) => msPerStep)),
    wallMs: records.reduce((sum, record) => sum + record.wallMs, 0),
    trainImages: mean(records.map((record) => record.split.train.length)),
    validationImages: mean(records.map((record) => record.split.val.length)),
    ...labelsPerClassOf(records),
    images: first?.dataset.images ?? Number.NaN,
    classes: first?.dataset.classes ?? [],
    prevalence: first?.dataset.prevalence ?? [],
    pooledCounts: largestPoolCounts(pools, first?.dataset.classes.length ?? 0),
    runIds: records.map((record) => record.id),
  };
}

/** Mean class counts of the images that runs train on and validate on. */
function labelsPerClassOf(records: readonly RunRecord[]): Pick<AggregateRow, "labelsPerClass"> {
  const counted = records.flatMap(({ trainCounts, validationPredictions, split }) =>
    trainCounts && (validationPredictions || split.val.length === 0)
      ? [{ train: trainCounts.used, validation: countsOf(validationPredictions?.truth ?? [], trainCounts.used.length) }]
      : [],
  );
  if (counted.length === 0 || counted.length < records.length) return {};
  const meanOf = (of: "train" | "validation") =>
    counted[0][of].map((_, c) => mean(counted.map((counts) => counts[of][c])));
  return { labelsPerClass: { train: meanOf("train"), validation: meanOf("validation") } };
}

/**
 * One metric of a group. Usually it is the mean over test parts, where a part's seeds are averaged,
 * with the corrected interval of `mean-interval.ts`.
 *
 * A metric that small folds bias is computed on pools instead, see `pools.ts`. The interval then has
 * the half-width of the values of the parts about the pooled value: a bootstrap of the pooled
 * predictions alone would ignore the luck of the training images and cover too rarely.
 */
export function summariseMetric(group: RunGroup, metric: string, level = 0.95): MetricSummary {
  return summariseParts(group, metricOf(metric).pooled ? poolsOf(group.records) : [], metric, level);
}

function summariseParts(group: RunGroup, pools: readonly Pool[], id: string, level: number): MetricSummary {
  const metric = metricOf(id);
  const values = group.parts.map((part) => partValue(part, id));
  const { overlap: testOverTrain, repeats } = group;
  const overParts = correctedInterval(values, { testOverTrain, repeats, level });
  const summary = metric.pooled ? centredOn(pooledValue(metric, pools, group), overParts) : overParts;
  const undefinedParts = values.length - overParts.n;
  if (metric.noInterval) return { ...summary, low: Number.NaN, high: Number.NaN, undefinedParts };
  return { ...summary, undefinedParts };
}

/** Values of metrics by pool and id, since a table is computed anew with every finished run. */
const pooledValues = new WeakMap<Pool, Map<string, number>>();

function pooledValue({ id, compute, ofProbabilities }: Metric, pools: readonly Pool[], { records }: RunGroup): number {
  const classes = records[0]?.dataset.classes.length ?? 0;
  const read = ofProbabilities ? poolsOf(records.map(withCorrectedProbabilities)) : pools;
  return pooledMean(read, (pool) => {
    const values = pooledValues.get(pool) ?? new Map<string, number>();
    pooledValues.set(pool, values);
    const value = values.get(id) ?? compute(metricInputOf(pool.predictions, classes));
    values.set(id, value);
    return value;
  });
}

function centredOn(centre: number, interval: MeanInterval): MeanInterval {
  const half = (interval.high - interval.low) / 2;
  return { ...interval, mean: centre, low: centre - half, high: centre + half };
}
