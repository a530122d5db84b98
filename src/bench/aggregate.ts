/** Turns records into table rows: means over parts and seeds with intervals, and costs. */

import type { PlannedRun } from "./expand";
import { metrics } from "./metrics";
import type { Regime } from "./plan";
import { groupRuns, metricValue, type RunGroup } from "./run-groups";
import { correctedInterval, type MeanInterval, mean, median } from "./stats";

export interface MetricSummary extends MeanInterval {
  /** Runs where the metric is undefined. Neither the mean nor `n` counts them. */
  undefinedRuns: number;
}

/** One row of the results table: a backbone, method and regime, over all parts and seeds. */
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
  /** Mean number of training images. */
  trainImages: number;
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
    missing: group.missing,
    metrics: Object.fromEntries(metrics.map(({ id }) => [id, summariseMetric(group, id, level)])),
    trainableParameters: first?.trainableParameters ?? Number.NaN,
    totalParameters: first?.totalParameters ?? Number.NaN,
    msPerStep: median(records.filter(({ steps }) => steps > 0).map(({ msPerStep }) => msPerStep)),
    wallMs: records.reduce((sum, record) => sum + record.wallMs, 0),
    trainImages: mean(records.map((record) => record.split.train.length)),
    classes: first?.dataset.classes ?? [],
    prevalence: first?.dataset.prevalence ?? [],
    runIds: records.map((record) => record.id),
  };
}

/** Mean and interval of one metric over a group's runs. */
export function summariseMetric(group: RunGroup, metric: string, level = 0.95): MetricSummary {
  const values = group.records.map((record) => metricValue(record, metric));
  const summary = correctedInterval(values, group.overlap, level);
  return { ...summary, undefinedRuns: values.length - summary.n };
}
