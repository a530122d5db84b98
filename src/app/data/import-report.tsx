/** What an import found: counts, balance per class, warnings, and every file that was left out with its reason. */
import type { DatasetRow, ImportIssue, ImportReport } from "../../data/types";
import { plural } from "../ui/format";
import { Message } from "../ui/message";
import { ScrollX } from "../ui/scroll-x";

function Issues({ title, issues }: { title: string; issues: ImportIssue[] }) {
  if (issues.length === 0) return null;
  return (
    <details className="disclosure">
      <summary>
        {title}: {issues.length}
      </summary>
      <ul className="plain-list small issue-list">
        {issues.slice(0, 200).map((issue) => (
          <li key={`${issue.file}/${issue.row ?? ""}`}>
            <span className="mono">{issue.file || `row ${issue.row}`}</span>
            {issue.row && issue.file ? ` (row ${issue.row})` : ""}: {issue.reason}
          </li>
        ))}
        {issues.length > 200 && <li className="dim">and {issues.length - 200} more</li>}
      </ul>
    </details>
  );
}

export function ImportReportView({ dataset, report }: { dataset: DatasetRow; report: ImportReport }) {
  const images = report.perClass.reduce((sum, c) => sum + c.images, 0);
  const duplicates: ImportIssue[] = report.duplicates.map(([first, ...others]) => ({
    file: first,
    reason: `same bytes as ${others.join(", ")}`,
  }));
  const figures: [string, number][] = [
    ["Rows", report.rows],
    ["Image files", report.files],
    ["Matched", report.matched],
    ["Unmatched rows", report.unmatchedRows.length],
    ["Unmatched files", report.unmatchedFiles.length],
    ["Unreadable", report.unreadable.length],
    ["No outcome", report.missingOutcome.length],
    ["Duplicates", report.duplicates.length],
  ];
  return (
    <div className="stack">
      <dl className="figures" data-testid="import-report">
        {figures.map(([label, value], index) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd className={index < 3 ? undefined : value === 0 ? "none" : "some"}>{value}</dd>
          </div>
        ))}
      </dl>
      {report.warnings.map((warning) => (
        <Message key={warning} kind="warning" text={warning} />
      ))}
      <div className="columns even">
        <ScrollX label="Balance of the outcome">
          <table className="data-table balance">
            <caption>Balance of the outcome “{dataset.columns.outcome}”</caption>
            <thead>
              <tr>
                <th scope="col">Class</th>
                <th scope="col" className="num">
                  Images
                </th>
                {dataset.grouping === "patient" && (
                  <th scope="col" className="num">
                    Patients
                  </th>
                )}
                <th scope="col">Share of images</th>
              </tr>
            </thead>
            <tbody>
              {report.perClass.map((c, index) => (
                <tr key={c.name}>
                  <th scope="row">
                    {c.name}{" "}
                    {report.perClass.length === 2 && index === 1 && <span className="tag accent">positive</span>}
                  </th>
                  <td className="num">{c.images}</td>
                  {dataset.grouping === "patient" && <td className="num">{c.patients}</td>}
                  <td className="balance-bar">
                    <span className="bar">
                      <span style={{ width: `${(100 * c.images) / Math.max(1, images)}%` }} />
                    </span>
                    <span className="dim small">{((100 * c.images) / Math.max(1, images)).toFixed(1)} %</span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollX>
        <div>
          <Issues title="Rows whose image was not found" issues={report.unmatchedRows} />
          <Issues title="Images that no row names" issues={report.unmatchedFiles} />
          <Issues title="Unreadable images" issues={report.unreadable} />
          <Issues title="Rows without an outcome" issues={report.missingOutcome} />
          <Issues
            title={`Images with equal bytes, in ${plural(report.duplicates.length, "group")}`}
            issues={duplicates}
          />
        </div>
      </div>
    </div>
  );
}
