/** Backbone × method × training data: means with intervals over folds and seeds, and what they cost. */
import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import { useState } from "react";
import type { AggregateRow } from "../../bench/aggregate";
import type { Metric } from "../../bench/metric";
import { Sign } from "../charts/palette";
import { showMetric, showRow } from "../state/selection";
import { count, metricValue } from "../ui/format";
import { ScrollX } from "../ui/scroll-x";
import { type Sort, type SortKey, sortRows } from "./table-rows";

interface ComparisonTableProps {
  rows: readonly AggregateRow[];
  metrics: readonly Metric[];
  /** Chosen metric. */
  metric: string;
  best: ReadonlySet<string>;
  selected: string | null;
  /** Index of a series' colour. */
  indexOf: (series: string) => number;
}

interface HeadProps {
  label: string;
  note?: string;
  sortKey: SortKey;
  sort: Sort;
  onSort: (sort: Sort) => void;
  numeric?: boolean;
  chosen?: boolean;
}

function Head({ label, note, sortKey, sort, onSort, numeric, chosen }: HeadProps) {
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

function Value({ row, metric }: { row: AggregateRow; metric: Metric }) {
  const value = row.metrics[metric.id];
  if (!value) return <td className="num">–</td>;
  return (
    <td className="num">
      <span className="value">{metricValue(value.mean)}</span>
      <span className="interval">
        {Number.isFinite(value.low)
          ? `${metricValue(Math.max(metric.range[0], value.low), 2)} to ${metricValue(Math.min(metric.range[1], value.high), 2)}`
          : value.n === 1
            ? "one run"
            : ""}
      </span>
    </td>
  );
}

export function ComparisonTable({ rows, metrics, metric, best, selected, indexOf }: ComparisonTableProps) {
  const [sort, setSort] = useState<Sort>({ key: "order", descending: false });
  const prevalence = rows.find((r) => r.n > 0)?.prevalence ?? [];
  const head = { sort, onSort: setSort };
  return (
    <ScrollX label="Comparison">
      <table className="data-table comparison" aria-label="Comparison of methods">
        <thead>
          <tr>
            <Head {...head} label="Method" sortKey="method" />
            <Head {...head} label="Backbone" sortKey="backbone" />
            <Head {...head} label="Training data" sortKey="regime" />
            {metrics.map((m) => (
              <Head
                {...head}
                key={m.id}
                label={m.label}
                note={
                  m.baseline && prevalence.length > 0
                    ? `${m.baseline.label} ${metricValue(m.baseline.of(prevalence), 2)}`
                    : undefined
                }
                sortKey={`metric:${m.id}`}
                numeric
                chosen={m.id === metric}
                onSort={(next) => {
                  setSort(next);
                  showMetric(m.id);
                }}
              />
            ))}
            <Head {...head} label="Runs" sortKey="n" numeric />
            <Head {...head} label="Trainable" sortKey="parameters" numeric />
            <Head {...head} label="ms per step" sortKey="ms" numeric />
          </tr>
        </thead>
        <tbody>
          {sortRows(rows, sort).map((row) => (
            <tr
              key={row.key}
              className={row.key === selected ? "pick selected" : "pick"}
              onClick={() => showRow(row.key)}
            >
              <th scope="row">
                <button
                  type="button"
                  className="link"
                  aria-pressed={row.key === selected}
                  aria-label={`${row.method} on ${row.backbone}, ${row.regimeLabel}: look into`}
                  onClick={() => showRow(row.key)}
                >
                  <Sign index={indexOf(row.series)} /> {row.method}
                </button>{" "}
                {best.has(row.key) && <span className="tag accent">best</span>}
              </th>
              <td>{row.backbone}</td>
              <td>{row.regimeLabel}</td>
              {metrics.map((m) => (
                <Value key={m.id} row={row} metric={m} />
              ))}
              <td className="num">
                {row.n}
                {row.missing.length > 0 && <span className="dim"> of {row.n + row.missing.length}</span>}
              </td>
              <td className="num">{Number.isFinite(row.trainableParameters) ? count(row.trainableParameters) : "–"}</td>
              <td className="num">{metricValue(row.msPerStep, 1)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollX>
  );
}
