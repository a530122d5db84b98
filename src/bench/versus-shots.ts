/**
 * Computes the points of a learning curve from records: a metric against the number of training
 * images per class.
 */
import { type AggregateOptions, type MetricSummary, summariseMetric } from "./aggregate";
import type { RunRecord } from "./record";
import { type Regime, regimeLabel } from "./regime";
import { type GroupedRun, groupRuns, metricValue } from "./run-groups";
import { mean } from "./stats";

export interface ShotsPoint extends MetricSummary {
  /** Points of one series make one line. */
  series: string;
  dataset: string;
  backbone: string;
  method: string;
  methodId: string;
  regimeLabel: string;
  /** k, or null for the full training part. */
  shots: number | null;
  /** Mean number of training images per class. It places the full regime on the chart's axis. */
  imagesPerClass: number;
  /** The single runs behind the mean; undefined ones left out. */
  runs: (GroupedRun & { value: number; id: string })[];
}

/** How a few-shot regime draws, where it is not the usual way, e.g. " realistic"; else "". */
const drawOf = (regime: Regime): string =>
  regime === "full" ? "" : regimeLabel(regime).replace(`${regime.shots}-shot`, "");

/** Gives one point per run group. Points of one series stand together, few shots first. */
export function versusShots(
  records: readonly RunRecord[],
  metric: string,
  { level = 0.95 }: Pick<AggregateOptions, "level"> = {},
): ShotsPoint[] {
  return groupRuns(records).map((group) => ({
    ...summariseMetric(group, metric, level),
    series: group.series + drawOf(group.regime),
    ...group.labels,
    method: group.labels.method + drawOf(group.regime),
    methodId: group.methodId,
    regimeLabel: group.regimeLabel,
    shots: group.regime === "full" ? null : group.regime.shots,
    imagesPerClass: mean(group.records.map((record) => record.split.train.length / record.dataset.classes.length)),
    runs: group.records
      .map((record) => ({ record, value: metricValue(record, metric) }))
      .filter(({ value }) => !Number.isNaN(value))
      .map(({ record: { config, id }, value }) => {
        const { split, seed } = config;
        return { splitSeed: split.splitSeed, part: split.part, seed, value, id };
      }),
  }));
}
