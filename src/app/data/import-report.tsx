/**
 * What an import found: counts, balance of the classes, warnings, and each file that it left out
 * with the reason.
 */
import type { DatasetRow, ImportIssue, ImportReport } from "../../data/types";
import { plural } from "../ui/format";
import { Message } from "../ui/message";
import { ScrollX } from "../ui/scroll-x";

interface ImportReportProps {
  dataset: DatasetRow;
  report: ImportReport;
}

/** Issues that the list names; it only counts the others. */
const MAX_LISTED = 200;

function Issues({ title, issues }: { title: string; issues: ImportIssue[] }) {
  if (issues.length === 0) return null;
  return (
    <details className="disclosure">
      <summary>
        {title}: {issues.length}
      </summary>
      <ul className="plain-list small issue-list">
        {issues.slice(0, MAX_LISTED).map((issue) => (
          <li key={`${issue.file}/${issue.row ?? ""}`}>
            <span className="mono">{issue.file || `row ${issue.row}`}</span>
            {issue.row && issue.file ? ` (row ${issue.row})` : ""}: {issue.reason}
          </li>
        ))}
        {issues.length > MAX_LISTED && <li className="dim">and {issues.length - MAX_LISTED} more</li>}
      </ul>
    </details>
  );
}

/** Counts of the rows and files, by what the import did with them. */
function Counts({ report }: { report: ImportReport }) {
  const found: [string, number][] = [
    ["Rows", report.rows],
    ["Image files", report.files],
    ["Matched", report.matched],
  ];
  const leftOut: [string, number][] = [
    ["Unmatched rows", report.unmatchedRows.length],
    ["Unmatched files", report.unmatchedFiles.length],
    ["Unreadable", report.unreadable.length],
    ["No outcome", report.missingOutcome.length],
    ["Duplicates", report.duplicates.length],
  ];
  return (
    <dl className="figures" data-testid="import-report">
      {found.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
      {leftOut.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd className={value === 0 ? "none" : "some"}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

interface ClassRowProps {
  row: ImportReport["perClass"][number];
  /** Number of images of all classes. */
  images: number;
  isPositive: boolean;
  withPatients: boolean;
}

function ClassRow({ row, images, isPositive, withPatients }: ClassRowProps) {
  const share = (100 * row.images) / Math.max(1, images);
  return (
    <tr>
      <th scope="row">
        {row.name} {isPositive && <span className="tag accent">positive</span>}
      </th>
      <td className="num">{row.images}</td>
      {withPatients && <td className="num">{row.patients}</td>}
      <td className="balance-bar">
        <span className="bar">
          <span style={{ width: `${share}%` }} />
        </span>
        <span className="dim small">{share.toFixed(1)} %</span>
      </td>
    </tr>
  );
}

function Balance({ dataset, report: { perClass } }: ImportReportProps) {
  const images = perClass.reduce((sum, row) => sum + row.images, 0);
  const withPatients = dataset.grouping === "patient";
  return (
    <ScrollX label="Balance of the outcome">
      <table className="data-table balance">
        <caption>Balance of the outcome “{dataset.columns.outcome}”</caption>
        <thead>
          <tr>
            <th scope="col">Class</th>
            <th scope="col" className="num">
              Images
            </th>
            {withPatients && (
              <th scope="col" className="num">
                Patients
              </th>
            )}
            <th scope="col">Share of images</th>
          </tr>
        </thead>
        <tbody>
          {perClass.map((row, index) => (
            <ClassRow
              key={row.name}
              row={row}
              images={images}
              isPositive={perClass.length === 2 && index === 1}
              withPatients={withPatients}
            />
          ))}
        </tbody>
      </table>
    </ScrollX>
  );
}

/** Lists each file that the import left out, with the reason. */
function AllIssues({ report }: { report: ImportReport }) {
  const duplicates: ImportIssue[] = report.duplicates.map(([first, ...others]) => ({
    file: first,
    reason: `same bytes as ${others.join(", ")}`,
  }));
  const joined: ImportIssue[] = (report.joinedPatients ?? []).map(({ id, spellings }) => ({
    file: id,
    reason: spellings.map(({ value, images }) => `“${value}” ${plural(images, "image")}`).join(", "),
  }));
  const groups: ImportIssue[] = (report.joinedGroups ?? []).map(({ patients, images }) => ({
    file: patients.join(", "),
    reason: images.map((copies) => copies.join(" = ")).join("; "),
  }));
  const alike: ImportIssue[] = (report.nearDuplicates ?? []).map(({ images: [file, other] }) => ({
    file,
    reason: `looks like ${other}`,
  }));
  return (
    <div>
      <Issues title="Patients with more than one spelling" issues={joined} />
      <Issues title="Rows whose image was not found" issues={report.unmatchedRows} />
      <Issues title="Images that no row names" issues={report.unmatchedFiles} />
      <Issues title="Unreadable images" issues={report.unreadable} />
      <Issues title="Rows without an outcome" issues={report.missingOutcome} />
      <Issues title="Patients who share an image, one in every split" issues={groups} />
      <Issues title="Images that look the same though their files differ" issues={alike} />
      <Issues title={`Images with equal bytes, in ${plural(report.duplicates.length, "group")}`} issues={duplicates} />
    </div>
  );
}

export function ImportReportView({ dataset, report }: ImportReportProps) {
  return (
    <div className="stack">
      <Counts report={report} />
      {report.warnings.map((warning) => (
        <Message key={warning} kind="warning" text={warning} />
      ))}
      <div className="columns even">
        <Balance dataset={dataset} report={report} />
        <AllIssues report={report} />
      </div>
    </div>
  );
}
