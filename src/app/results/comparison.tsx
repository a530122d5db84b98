/** The comparison: what it says in words, the table, the two charts over all methods. */
import { useMemo } from "react";
import { aggregate } from "../../bench/aggregate";
import type { Metric } from "../../bench/metric";
import { metrics } from "../../bench/metrics";
import { pairwise } from "../../bench/pairwise";
import { MethodsChart } from "../charts/methods-chart";
import { ShotsChart } from "../charts/shots-chart";
import { Panel } from "../ui/panel";
import { ComparisonTable } from "./comparison-table";
import type { ScopedRecords } from "./scopes";
import { bestKeys, seriesLabels, shownMetrics, verdicts } from "./table-rows";

interface ComparisonProps {
  scoped: ScopedRecords;
  metric: Metric;
  rowKey: string | null;
}

export function Comparison({ scoped, metric, rowKey }: ComparisonProps) {
  const { records, planned } = scoped;
  const rows = useMemo(() => aggregate(records, { planned }), [records, planned]);
  const tables = useMemo(() => pairwise(records, metric.id), [records, metric]);
  const labels = useMemo(() => seriesLabels(rows), [rows]);
  const series = [...new Set(labels.values())];
  const label = (key: string) => labels.get(key) ?? key;
  const prevalence = records[0]?.dataset.prevalence ?? [];
  const baseline =
    metric.baseline && prevalence.length > 0
      ? { value: metric.baseline.of(prevalence), label: metric.baseline.label }
      : null;
  const { synthetic, images, patients, grouping } = records[0]?.dataset ?? {};
  const height = Math.min(560, Math.max(240, 58 + 24 * rows.filter((r) => r.n > 0).length));
  return (
    <>
      <Panel
        title="Comparison"
        flush
        note={
          records.length > 0 && (
            <>
              {synthetic && <span className="tag synthetic">synthetic</span>} {records[0].labels.dataset}: {images}{" "}
              images
              {grouping === "patient" ? `, ${patients} patients, folds by patient` : ", folds image by image"}
            </>
          )
        }
      >
        <dl className="verdicts" data-testid="verdict">
          {verdicts(tables).map(({ regimes, verdict }) => (
            <div key={regimes} style={{ display: "contents" }}>
              <dt>
                {metric.label} <span className="dim">{regimes}</span>
              </dt>
              <dd>{verdict}</dd>
            </div>
          ))}
        </dl>
        <ComparisonTable
          rows={rows}
          metrics={shownMetrics(metrics, metric.id)}
          metric={metric.id}
          best={bestKeys(tables)}
          selected={rowKey}
          indexOf={(key) => series.indexOf(label(key))}
        />
        <p className="dim small panel-foot">
          Means over folds and seeds on the test folds, with 95 % intervals corrected for overlapping training sets
          (Nadeau and Bengio 2003) and cut at the metric's bounds. “Best” is marked only where a row beats every other
          of its kind.
        </p>
      </Panel>
      <div className="charts two">
        <div className="panel panel-body">
          <MethodsChart
            height={height}
            records={records}
            metric={metric}
            label={label}
            series={series}
            baseline={baseline}
          />
        </div>
        <div className="panel panel-body">
          <ShotsChart
            height={height}
            records={records}
            metric={metric}
            label={label}
            series={series}
            baseline={baseline?.value ?? null}
          />
        </div>
      </div>
    </>
  );
}
