/**
 * The registry of metrics. Each other file of this folder declares one metric, and the glob finds
 * it: a new file needs no entry here.
 */
import { assert } from "../../base";
import type { Metric, MetricInput } from "../metric";

const metricModules = import.meta.glob<Metric>(["./*.ts", "!./index.ts", "!./*.test.ts"], {
  eager: true,
  import: "default",
});

/** All metrics, in order of rank. */
export const metrics: readonly Metric[] = Object.values(metricModules).sort((a, b) => a.rank - b.rank);

const byId = new Map(metrics.map((metric) => [metric.id, metric]));

/**
 * Finds a metric by its id.
 *
 * @throws Error (a defect) for an unknown id
 */
export function metricOf(id: string): Metric {
  const metric = byId.get(id);
  assert(metric, `no metric "${id}"; there are ${[...byId.keys()].join(", ")}`);
  return metric;
}

/**
 * Computes every metric of one run's predictions, as a record stores them. An undefined value is
 * null (JSON has no NaN), never 0.
 */
export function computeMetrics(input: MetricInput): Record<string, number | null> {
  return Object.fromEntries(
    metrics.map(({ id, compute }) => {
      const value = compute(input);
      return [id, Number.isNaN(value) ? null : value];
    }),
  );
}
