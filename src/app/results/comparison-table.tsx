/**
 * The comparison table: one row per backbone, method and amount of training data, with means,
 * intervals over parts and seeds, and costs.
 */

import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import { useState } from "react";
import type { AggregateRow, MetricSummary } from "../../bench/aggregate";
import { intervalWithin } from "../../bench/figure-words";
import type { Metric } from "../../bench/metric";
import { evidenceInWords, imagesInWords } from "../../bench/split-words";
import { Sign } from "../charts/palette";
import { showMetric, showRow } from "../state/selection";
import { count, metricText } from "../ui/format";
import { ScrollX } from "../ui/scroll-x";
import { baselineOf, type Sort, type SortKey, sortRows } from "./table-rows";

interface ComparisonTableProps {
  rows: readonly AggregateRow[];
  metrics: readonly Metric[];
  /** Id of the chosen metric. */
  metric: string;
  /** Keys of the rows that the table marks as best. */
  best: ReadonlySet<string>;
  /** Key of the row whose details are open. */
  selected: string | null;
  /** The rows by key for the other unit of evaluation, and what it is called. */
  beside?: { label: string; rows: ReadonlyMap<string, AggregateRow> };
  /** Index of a series' colour and marker, by the series' key. */
  indexOf: (seriesKey: string) => number;
  /** What the test parts are called, e.g. "folds". */
  nouns: string;
}

interface ColumnHeadProps {
  label: string;
  /** A second line below the label. */
  note?: string;
  sortKey: SortKey;
  sort: Sort;
  onSort: (sort: Sort) => void;
  /**
   * True for a numeric column. It is aligned right, and its first click sorts the largest first.
   */
  numeric?: boolean;
  chosen?: boolean;
}

function ColumnHead({ label, note, sortKey, sort, onSort, numeric, chosen }: ColumnHeadProps) {
  const active = sort.key === sortKey;
  const direction = active ? (sort.descending ? "descending" : "ascending") : "none";
  const Arrow = sort.descending ? IconArrowDown : IconArrowUp;
  const next = active ? { key: sortKey, descending: !sort.descending } : { key: sortKey, descending: numeric === true };
  return (
    <th scope="col" aria-sort={direction} className={[numeric && "num", chosen && "chosen"].filter(Boolean).join(" ")}>
      <button type="button" className="sort" onClick={() => onSort(next)}>
        {label}
        {active && <Arrow size={12} aria-hidden />}
      </button>
      {note && <div className="interval">{note}</div>}
    </th>
  );
}

function intervalText({ low, high, n }: MetricSummary, { range, noInterval }: Metric): string {
  if (Number.isFinite(low)) return intervalWithin({ low, high }, range);
  if (noInterval && n > 0) return "no interval";
  return n === 1 ? "tested once" : "";
}

interface MetricValueProps {
  row: AggregateRow;
  metric: Metric;
  /** What the test parts are called, e.g. "folds". */
  nouns: string;
  /** The value for the other unit of evaluation, e.g. "per patient 0.837". */
  beside?: string;
}

function MetricValue({ row, metric, nouns, beside }: MetricValueProps) {
  const summary = row.metrics[metric.id];
  if (!summary) return <td className="num">–</td>;
  const { undefinedParts } = summary;
  return (
    <td className="num">
      <span className="value">{metricText(summary.mean)}</span>
      <span className="interval">{intervalText(summary, metric)}</span>
      {beside && <span className="interval">{beside}</span>}
      {undefinedParts > 0 && (
        <span className="interval">
          undefined in {undefinedParts} of {row.parts} {nouns}
        </span>
      )}
    </td>
  );
}

interface ComparisonRowProps {
  row: AggregateRow;
  /** Id of the chosen metric, which has the value for the other unit beside it. */
  chosen: string;
  beside: ComparisonTableProps["beside"];
  metrics: readonly Metric[];
  isBest: boolean;
  isSelected: boolean;
  /** Index of the series' colour and marker. */
  index: number;
  /** What the test parts are called, e.g. "folds". */
  nouns: string;
}

function ComparisonRow({ row, metrics, chosen, beside, isBest, isSelected, index, nouns }: ComparisonRowProps) {
  const besideValue = beside?.rows.get(row.key)?.metrics[chosen]?.mean ?? Number.NaN;
  const besideText = beside && Number.isFinite(besideValue) ? `${beside.label} ${metricText(besideValue)}` : undefined;
  return (
    <tr className={isSelected ? "pick selected" : "pick"} onClick={() => showRow(row.key)}>
      <th scope="row">
        <button
          type="button"
          className="link"
          aria-pressed={isSelected}
          aria-label={`${row.method} on ${row.backbone}, ${row.regimeLabel}: look into`}
          onClick={() => showRow(row.key)}
        >
          <Sign index={index} /> {row.method}
        </button>{" "}
        {isBest && <span className="tag accent">best</span>}
      </th>
      <td>{row.backbone}</td>
      <td>
        {row.regimeLabel}
        <div className="interval">{imagesInWords(row)}</div>
      </td>
      {metrics.map((metric) => (
        <MetricValue
          key={metric.id}
          row={row}
          metric={metric}
          nouns={nouns}
          beside={metric.id === chosen ? besideText : undefined}
        />
      ))}
      <td className="num">{evidenceInWords(row, nouns)}</td>
      <td className="num">{Number.isFinite(row.trainableParameters) ? count(row.trainableParameters) : "–"}</td>
      <td className="num">{metricText(row.msPerStep, 1)}</td>
    </tr>
  );
}

export function ComparisonTable(props: ComparisonTableProps) {
  const { rows, metrics, metric, best, selected, beside, indexOf, nouns } = props;
  const [sort, setSort] = useState<Sort>({ key: "order", descending: false });
  const head = { sort, onSort: setSort };
  const baselineText = (m: Metric) => {
    const baseline = baselineOf(m, rows);
    return baseline ? `${baseline.label} ${metricText(baseline.value, 2)}` : undefined;
  };
  return (
    <ScrollX label="Comparison">
      <table className="data-table comparison" aria-label="Comparison of methods">
        <thead>
          <tr>
            <ColumnHead {...head} label="Method" sortKey="method" />
            <ColumnHead {...head} label="Backbone" sortKey="backbone" />
            <ColumnHead {...head} label="Training data" sortKey="regime" />
            {metrics.map((m) => (
              <ColumnHead
                {...head}
                key={m.id}
                label={m.label}
                note={baselineText(m)}
                sortKey={`metric:${m.id}`}
                numeric
                chosen={m.id === metric}
                onSort={(next) => {
                  setSort(next);
                  showMetric(m.id);
                }}
              />
            ))}
            <ColumnHead {...head} label="Tested on" sortKey="n" numeric />
            <ColumnHead {...head} label="Trainable" sortKey="parameters" numeric />
            <ColumnHead {...head} label="ms per step" sortKey="ms" numeric />
          </tr>
        </thead>
        <tbody>
          {sortRows(rows, sort).map((row) => (
            <ComparisonRow
              key={row.key}
              row={row}
              metrics={metrics}
              chosen={metric}
              beside={beside}
              isBest={best.has(row.key)}
              isSelected={row.key === selected}
              index={indexOf(row.series)}
              nouns={nouns}
            />
          ))}
        </tbody>
      </table>
    </ScrollX>
  );
}
