/** Records → table rows: means over test parts with intervals, and what they cost. */

import type { PlannedRun } from "./expand";
import { metrics } from "./metrics";
import type { Regime } from "./plan";
import { groupRuns, partValue, type RunGroup } from "./run-groups";
import { correctedInterval, type MeanInterval, mean, median } from "./stats";

export interface MetricSummary extends MeanInterval {
  /** Parts where the metric is undefined; they are in neither mean nor n. */
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
  /** Metric id → mean with the corrected resampled t interval of `mean-interval.ts`. */
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
  /** All images of the dataset; NaN before the first run. */
  images: number;
  classes: string[];
  /** [C] share of each class in the whole dataset. Baselines of metrics need it. */
  prevalence: number[];
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
    metrics: Object.fromEntries(metrics.map(({ id }) => [id, summariseMetric(group, id, level)])),
    trainableParameters: first?.trainableParameters ?? Number.NaN,
    totalParameters: first?.totalParameters ?? Number.NaN,
    msPerStep: median(records.filter(({ steps }) => steps > 0).map(({ msPerStep }) => msPerStep)),
    wallMs: records.reduce((sum, record) => sum + record.wallMs, 0),
    trainImages: mean(records.map((record) => record.split.train.length)),
    validationImages: mean(records.map((record) => record.split.val.length)),
    images: first?.dataset.images ?? Number.NaN,
    classes: first?.dataset.classes ?? [],
    prevalence: first?.dataset.prevalence ?? [],
    runIds: records.map((record) => record.id),
  };
}

/** Mean and interval of one metric over a group's test parts; a part's seeds are averaged. */
export function summariseMetric(group: RunGroup, metric: string, level = 0.95): MetricSummary {
  const values = group.parts.map((part) => partValue(part, metric));
  const { overlap: testOverTrain, repeats } = group;
  const summary = correctedInterval(values, { testOverTrain, repeats, level });
  return { ...summary, undefinedParts: values.length - summary.n };
}
