/** The shortcut audit beside the verdicts: a sentence, and the figures of each trivial input. */

import { useMemo } from "react";
import type { MetricSummary } from "../../bench/aggregate";
import { type AuditFinding, auditFindings, auditSentence } from "../../bench/audit/audit-verdict";
import { intervalWithin } from "../../bench/figure-words";
import type { Metric } from "../../bench/metric";
import type { RunRecord } from "../../bench/record";
import { metricText } from "../ui/format";
import { Message } from "../ui/message";
import { ScrollX } from "../ui/scroll-x";
import type { ScopedRecords } from "./scopes";

const auditInterval = (summary: MetricSummary, { range }: Metric) =>
  Number.isFinite(summary.low) ? intervalWithin(summary, range) : "no interval";

function Figures({ finding, metric }: { finding: AuditFinding; metric: Metric }) {
  const { best, rows, regimeLabel } = finding;
  return (
    <ScrollX label={`Shortcut audit, ${regimeLabel}`}>
      <table className="data-table comparison" aria-label={`Shortcut audit, ${regimeLabel}`}>
        <thead>
          <tr>
            <th scope="col">Input, {regimeLabel}</th>
            <th scope="col" className="num">
              {metric.label}
              <div className="interval">95 % interval</div>
            </th>
            <th scope="col">Judged</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, summary, isJudged, aboveChance, alarm }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td className="num">
                <span className="value">{metricText(summary.mean)}</span>
                <span className="interval">{auditInterval(summary, metric)}</span>
              </td>
              <td>
                {alarm
                  ? "as good as the best method"
                  : aboveChance
                    ? "better than chance"
                    : isJudged
                      ? "not shown to differ from chance"
                      : "not judged"}
              </td>
            </tr>
          ))}
          {best && (
            <tr>
              <th scope="row">
                {best.name} <span className="dim">best method</span>
              </th>
              <td className="num">
                <span className="value">{metricText(best.summary.mean)}</span>
                <span className="interval">{auditInterval(best.summary, metric)}</span>
              </td>
              <td />
            </tr>
          )}
        </tbody>
      </table>
    </ScrollX>
  );
}

interface AuditPanelProps extends Pick<ScopedRecords, "records" | "planned"> {
  /** Records of the audit. */
  audit: RunRecord[];
  metric: Metric;
}

export function AuditPanel({ records, audit, planned, metric }: AuditPanelProps) {
  const findings = useMemo(() => auditFindings(records, audit, metric.id, planned), [records, audit, metric, planned]);
  if (findings.length === 0) return null;
  return (
    <div className="verdicts" data-testid="shortcut-audit">
      <h3 className="dim small">Shortcuts: what simple inputs reach without the methods</h3>
      {findings.map((finding) => {
        const alarm = finding.rows.some((row) => row.alarm);
        const text = `${finding.regimeLabel}: ${auditSentence(finding)}`;
        return alarm ? (
          <Message key={finding.regimeLabel} kind="warning" text={text} />
        ) : (
          <p key={finding.regimeLabel}>{text}</p>
        );
      })}
      <details className="disclosure">
        <summary>The shortcut audit in figures</summary>
        {findings.map((finding) => (
          <Figures key={finding.regimeLabel} finding={finding} metric={metric} />
        ))}
      </details>
    </div>
  );
}
