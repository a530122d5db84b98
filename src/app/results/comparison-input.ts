/** Makes the input of the charts below the comparison from the records and rows of the table. */
import type { AggregateRow } from "../../bench/aggregate";
import type { Metric } from "../../bench/metric";
import type { RunRecord } from "../../bench/record";
import type { ComparisonInput } from "../charts/inputs";
import { baselineOf, seriesLabels } from "./table-rows";

/** A height with room for one line per finished row, px. */
function heightFor(rows: readonly AggregateRow[]): number {
  const lines = rows.filter(({ n }) => n > 0).length;
  return Math.min(560, Math.max(240, 58 + 24 * lines));
}

export function comparisonInput(
  records: readonly RunRecord[],
  rows: readonly AggregateRow[],
  metric: Metric,
): ComparisonInput {
  const labels = seriesLabels(rows);
  return {
    records,
    metric,
    series: [...new Set(labels.values())],
    label: (seriesKey) => labels.get(seriesKey) ?? seriesKey,
    baseline: baselineOf(metric, rows),
    height: heightFor(rows),
  };
}
