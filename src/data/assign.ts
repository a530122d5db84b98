/**
 * Joins the rows of a table to the opened files. It says which image has which outcome and patient,
 * and lists the rows and files that have no partner.
 */
import { RadaptError } from "../base/error";
import { type ExtraValues, readExtraColumns } from "./extra-columns";
import { formats } from "./formats";
import { createMatcher, type Match, type Matcher } from "./match";
import { classKey, isMissing } from "./outcome";
import { baseName } from "./paths";
import { type JoinedPatient, joinPatientIds, patientIdWarnings, patientKeys } from "./patient-ids";
import { patientPathRules } from "./patient-path";
import { columnIndex } from "./table";
import type { DatasetColumns, ImportIssue, ImportRequest, NamedFile, Table, TableRow } from "./types";

/** An image and the outcome that a row of the table gives it. */
export interface Assigned {
  file: NamedFile;
  row: number;
  outcome: string;
  /** One spelling for each patient. Blank without a patient column, or where the row names none. */
  patient: string;
  extra: ExtraValues;
}

export interface Assignment {
  /** Sorted by path. */
  images: Assigned[];
  /** Number of files that could be images. */
  files: number;
  unmatchedRows: ImportIssue[];
  unmatchedFiles: ImportIssue[];
  missingOutcome: ImportIssue[];
  joinedPatients: JoinedPatient[];
  warnings: string[];
}

/** @throws RadaptError "csv.no-column" | "csv.no-match" | "import.no-images" */
export function assignRows(table: Table, request: ImportRequest): Assignment {
  const { columns, labels } = request;
  const kinds = new Set(["image", "other"]);
  const candidates = request.files.filter(({ path }) => path !== labels.path && kinds.has(formats.kindOf(path)));
  const files = new Map(candidates.map((file) => [file.path, file]));
  const images = [...files.keys()].filter((path) => formats.kindOf(path) === "image");
  if (files.size === 0) throw noImages(request);

  const imageColumn = columnIndex(table, columns.image);
  const outcomeColumn = columnIndex(table, columns.outcome);
  const patientColumn = columns.patient === undefined ? -1 : columnIndex(table, columns.patient);
  const extra = readExtraColumns(table, columns);
  const matcher = imagesFirst([...files.keys()]);
  const found = table.rows.map((row) => ({ row, match: matcher.find(row.values[imageColumn]) }));
  if (!found.some(({ match }) => match.kind === "match")) throw noMatch(table, columns.image, [...files.keys()]);

  const result: Assignment = {
    images: [],
    files: images.length,
    unmatchedRows: [],
    unmatchedFiles: [],
    missingOutcome: [],
    joinedPatients: [],
    warnings: [],
  };
  const rowsOf = new Map<string, TableRow[]>();
  for (const { row, match } of found) {
    if (match.kind === "match") rowsOf.set(match.path, [...(rowsOf.get(match.path) ?? []), row]);
    else result.unmatchedRows.push(unmatched(row, row.values[imageColumn], match));
  }
  const patientOf = patientReader(columns, patientColumn);
  const patientKey = patientKeys([...rowsOf].flatMap(([path, rows]) => rows.map((row) => patientOf(row, path))));
  let repeated = 0;
  for (const [path, rows] of [...rowsOf].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const said = rows.map((row) =>
      [classKey(row.values[outcomeColumn]), patientKey(patientOf(row, path)), extra.keyOf(row)].join("\n"),
    );
    const [first] = rows;
    if (new Set(said).size > 1) {
      const numbers = rows.map((row) => row.number).join(", ");
      const reason = `rows ${numbers} give it different outcomes, patients, centres or splits: left out`;
      result.unmatchedRows.push({ file: path, row: first.number, reason });
      continue;
    }
    repeated += rows.length - 1;
    const outcome = first.values[outcomeColumn];
    if (isMissing(outcome)) {
      result.missingOutcome.push({
        file: path,
        row: first.number,
        reason: `${columns.outcome} is ${outcome || "blank"}`,
      });
      continue;
    }
    result.images.push({
      file: files.get(path)!,
      row: first.number,
      outcome,
      patient: patientOf(first, path),
      extra: extra.valuesOf(first),
    });
  }
  const ids = joinPatientIds(
    result.images.map(({ patient }) => patient),
    patientKey,
  );
  for (const image of result.images) image.patient = ids.idOf(image.patient);
  result.joinedPatients = ids.joined;
  result.warnings.push(...patientIdWarnings(ids));
  result.unmatchedFiles = images
    .filter((path) => !rowsOf.has(path))
    .sort()
    .map((file) => ({ file, reason: `no row of ${table.name} names it` }));
  if (repeated > 0)
    result.warnings.push(`${repeated} rows say the same of an image as a row before; they were passed over.`);
  return result;
}

/** The function that reads an image's patient from its row or its path; "" without a patient. */
function patientReader({ patientFromPath }: DatasetColumns, index: number): (row: TableRow, path: string) => string {
  if (index >= 0) return ({ values }) => values[index];
  if (patientFromPath === undefined) return () => "";
  return (_, path) => patientPathRules[patientFromPath].patientOf(path);
}

/**
 * Looks for an image first. A file without the extension of an image is tried only if no image has
 * the name. Its content then says whether Radapt can read it.
 */
function imagesFirst(paths: readonly string[]): Matcher {
  const images = createMatcher(paths.filter((path) => formats.kindOf(path) === "image"));
  const others = createMatcher(paths.filter((path) => formats.kindOf(path) !== "image"));
  return {
    find: (value) => {
      const match = images.find(value);
      return match.kind === "none" ? others.find(value) : match;
    },
  };
}

function unmatched(row: TableRow, value: string, match: Match): ImportIssue {
  const reason =
    match.kind === "ambiguous"
      ? `fits ${match.paths.length} files alike: ${match.paths.slice(0, 3).join(", ")}`
      : value === ""
        ? "the image column is blank"
        : "no file of this name was opened";
  return { file: value, row: row.number, reason };
}

function noImages({ files, labels }: ImportRequest): RadaptError {
  return new RadaptError("No image was opened.", {
    code: "import.no-images",
    where: labels.path,
    expected: `${formats.labels("image")} files`,
    got: `${files.length} files, none of them an image`,
    remedy: "Open the folder that holds the images together with the table.",
  });
}

function noMatch(table: Table, column: string, paths: readonly string[]): RadaptError {
  const matcher = imagesFirst(paths);
  const counts = table.columns.map(
    (_, i) => table.rows.filter(({ values }) => matcher.find(values[i]).kind === "match").length,
  );
  const most = Math.max(...counts);
  const better = most > 0 ? table.columns[counts.indexOf(most)] : null;
  const index = table.columns.indexOf(column);
  const some = (values: string[]) => values.slice(0, 3).join(", ");
  return new RadaptError(`No row of ${table.name} names an opened image.`, {
    code: "csv.no-match",
    where: `${table.name}, column ${column}`,
    expected: `names of the opened files, such as ${some(paths.map(baseName))}`,
    got: some(table.rows.map(({ values }) => values[index] || "(blank)")),
    remedy: better
      ? `Choose the column "${better}": ${most} of its ${table.rows.length} values name an opened file.`
      : "Choose the column that names the image files, or open the folder that the table belongs to.",
  });
}
