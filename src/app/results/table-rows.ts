/**
 * Rows of the comparison: how they sort, how their series are labelled, and which row counts as
 * best.
 */
import { groupBy } from "../../base/group-by";
import type { AggregateRow } from "../../bench/aggregate";
import { type ComparedGroups, type Comparison, correctedT, isFixed, verdictOf } from "../../bench/comparisons";
import type { Metric } from "../../bench/metric";
import { regimeCost } from "../../bench/regime";

/** Labels of the series by key: "LoRA", with the name of its backbone if the table has several. */
export function seriesLabels(rows: readonly AggregateRow[]): Map<string, string> {
  const several = new Set(rows.map((r) => r.backbone)).size > 1;
  const datasets = new Set(rows.map((r) => r.dataset)).size > 1;
  return new Map(
    rows.map((r) => [
      r.series,
      [r.method, several && `on ${r.backbone}`, datasets && `(${r.dataset})`].filter(Boolean).join(" "),
    ]),
  );
}

/**
 * What a classifier reaches without looking at the image, on as many images as the rows' largest
 * pool has; null if the metric has no such value or no run has finished.
 */
export function baselineOf({ baseline }: Metric, rows: readonly AggregateRow[]) {
  const imagesOf = ({ pooledCounts }: AggregateRow) => pooledCounts.reduce((sum, count) => sum + count, 0);
  const largest = Math.max(0, ...rows.map(imagesOf));
  if (!baseline || largest === 0) return null;
  const { pooledCounts } = rows.find((row) => imagesOf(row) === largest)!;
  const prevalence = pooledCounts.map((count) => count / largest);
  return { label: baseline.label, value: baseline.of(prevalence, largest) };
}

export type SortKey = "order" | "backbone" | "method" | "regime" | "n" | "parameters" | "ms" | `metric:${string}`;
export interface Sort {
  key: SortKey;
  descending: boolean;
}

function sortValue(row: AggregateRow, key: SortKey): number | string {
  if (key === "backbone" || key === "method") return row[key];
  if (key === "regime") return Math.min(regimeCost(row.regime), Number.MAX_VALUE);
  if (key === "n") return row.parts;
  if (key === "parameters") return row.trainableParameters;
  if (key === "ms") return row.msPerStep;
  return row.metrics[key.slice("metric:".length)]?.mean ?? Number.NaN;
}

/**
 * Returns a sorted copy. Undefined values come last in both directions, and ties keep their order.
 */
export function sortRows(rows: readonly AggregateRow[], { key, descending }: Sort): AggregateRow[] {
  if (key === "order") return [...rows];
  return [...rows].sort((a, b) => {
    const [x, y] = [sortValue(a, key), sortValue(b, key)];
    if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
    return (x < y ? -1 : x > y ? 1 : 0) * (descending ? -1 : 1);
  });
}

/**
 * Keys of the rows that are better than every other row of their regime by the corrected t-test,
 * in the metric that the plan fixed, once every run is there. The table marks only these as best.
 */
export function bestKeys(compared: readonly ComparedGroups[]): Set<string> {
  const best = new Set<string>();
  for (const groups of compared) {
    if (groups.progress.missing > 0 || !isFixed(groups)) continue;
    const { rows } = correctedT.compute(groups);
    const keys = new Set(rows.flatMap((r) => [r.a.key, r.b.key]));
    for (const key of keys) {
      const own = rows.filter((r) => r.a.key === key || r.b.key === key);
      if (own.length === groups.groups.length - 1 && own.every((r) => r.better === (r.a.key === key ? "a" : "b")))
        best.add(key);
    }
  }
  return best;
}

/**
 * The metrics of the table: the four that the study reports, and the chosen one if it is another.
 */
export function shownMetrics(all: readonly Metric[], chosen: string): Metric[] {
  const usual = ["matthews_corrcoef", "average_precision", "roc_auc", "balanced_accuracy"];
  return all.filter((m) => usual.includes(m.id) || m.id === chosen);
}

/**
 * The verdicts of one comparison, full data first. Amounts of training data with the same verdict
 * share one entry.
 */
export function verdicts(
  comparison: Comparison,
  compared: readonly ComparedGroups[],
): { regimes: string; verdict: string }[] {
  const cost = ({ regime }: ComparedGroups) => Math.min(regimeCost(regime), 1e9);
  const ordered = [...compared].sort((a, b) => cost(b) - cost(a));
  return Array.from(
    groupBy(ordered, (groups) => verdictOf(comparison, groups)),
    ([verdict, same]) => ({
      verdict,
      regimes: [...new Set(same.map(({ regimeLabel }) => regimeLabel))].join(", "),
    }),
  );
}
