/** Records → table rows: means over parts and seeds with intervals, and what they cost. */

import type { PlannedRun } from "./expand";
import { metrics } from "./metrics";
import type { Regime } from "./plan";
import { groupRuns, metricValue, type RunGroup } from "./run-groups";
import { correctedInterval, type MeanInterval, mean, median } from "./stats";

export interface MetricSummary extends MeanInterval {
  /** Runs where the metric is undefined; they are in neither mean nor n. */
  undefinedRuns: number;
}

/** One (backbone, method, regime), over parts and seeds. */
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
  /** By metric id; corrected resampled t intervals (stats/mean-interval.ts). */
  metrics: Record<string, MetricSummary>;
  /** NaN before the first run. */
  trainableParameters: number;
  totalParameters: number;
  /** Median over runs of their median step, ms; NaN where none took a step. */
  msPerStep: number;
  /** Sum over runs, ms. */
  wallMs: number;
  /** Mean number of training images. */
  trainImages: number;
  classes: string[];
  /** [C] shares over all images of the dataset, for a metric's baseline. */
  prevalence: number[];
  runIds: string[];
}

export interface AggregateOptions {
  /** The plan's runs, so that missing ones are known exactly; else see groupRuns. */
  planned?: readonly PlannedRun[];
  /** Level of the intervals; default 0.95. */
  level?: number;
}

/** One row per run group, in groupRuns' order. */
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
    metrics: Object.fromEntries(metrics.map(({ id }) => [id, summarise(group, id, level)])),
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
export function summarise(group: RunGroup, metric: string, level = 0.95): MetricSummary {
  const values = group.records.map((record) => metricValue(record, metric));
  const summary = correctedInterval(values, group.overlap, level);
  return { ...summary, undefinedRuns: values.length - summary.n };
}
