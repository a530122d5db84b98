/**
 * Turns files and a table into a dataset. It matches rows to files, then reads, hashes, decodes and
 * stores one image after another, so that memory holds one at a time. The report lists all that was
 * left out and why. An import that fails or is cancelled leaves nothing behind.
 */
import { messageOf, RadaptError } from "../base/error";
import { sha256Hex } from "../base/hash";
import type { Pixels } from "../base/pixels";
import type { OnProgress } from "../base/progress";
import { type Assigned, assignRows } from "./assign";
import { completeDataset, countClasses, findDuplicates, labelWarnings } from "./dataset";
import { decodeImage, imageType } from "./decode";
import { extraWarnings } from "./extra-columns";
import { formats } from "./formats";
import { joinedGroupWarnings, joinPatientsByImages, withGroups } from "./joined-groups";
import { createMatcher } from "./match";
import { findNearDuplicates, type HashedImage, nearDuplicateWarnings } from "./near-duplicates";
import { outcomeClasses } from "./outcome";
import { patientSourceLabel } from "./patient-path";
import { perceptualHash } from "./perceptual-hash";
import { patientChoices } from "./suggest-patient";
import { readTable } from "./table";
import type { DatasetRow, DatasetSink, ImageRow, ImportIssue, ImportReport, ImportRequest, Table } from "./types";

/**
 * An image that was read. Its class index is not known yet, because only outcomes of readable
 * images count as classes.
 */
type ReadImage = Omit<ImageRow, "label"> & { outcome: string };

/**
 * @param sink takes the images. The import finishes it on success and aborts it on any failure
 * @param signal ends the import with its reason
 * @throws RadaptError "csv.*" | "outcome.*" | "import.no-images" | "import.unreadable", and what
 *   the sink throws
 */
export async function importDataset(
  request: ImportRequest,
  sink: DatasetSink,
  onProgress: OnProgress = () => {},
  signal?: AbortSignal,
): Promise<{ dataset: DatasetRow; report: ImportReport }> {
  try {
    signal?.throwIfAborted();
    const { labels, columns, positive } = request;
    const table = await readTable(labels.path, new Uint8Array(await labels.file.arrayBuffer()));
    const where = `${labels.path}, column ${columns.outcome}`;
    const assignment = assignRows(table, request);
    // Checks the outcome before it reads a thousand images for nothing.
    outcomeClasses(
      assignment.images.map(({ outcome }) => outcome),
      where,
      positive,
    );

    const read = await readImages(assignment.images, sink, onProgress, signal);
    if (read.images.length === 0) throw nothingReadable(read.unreadable);
    const classes = outcomeClasses(
      read.images.map(({ outcome }) => outcome),
      where,
      positive,
    );
    const joinedGroups = joinPatientsByImages(read.images);
    const images = withGroups(read.images, joinedGroups).map(({ outcome, ...image }) => ({
      ...image,
      label: classes.indexOf(outcome),
    }));
    const nearDuplicates = findNearDuplicates(read.hashed);
    const source = patientSourceLabel(columns);
    const grouping = source === undefined ? "image" : "patient";
    const merged = classes.merged.map(
      (spellings) => `${spellings.join(" and ")} are taken for one class, ${spellings[0]}.`,
    );
    const report: ImportReport = {
      rows: table.rows.length,
      files: assignment.files,
      matched: images.length,
      unmatchedRows: assignment.unmatchedRows,
      unmatchedFiles: assignment.unmatchedFiles,
      unreadable: read.unreadable,
      duplicates: findDuplicates(images),
      missingOutcome: assignment.missingOutcome,
      joinedPatients: assignment.joinedPatients,
      joinedGroups,
      nearDuplicates,
      perClass: countClasses(classes.names, images),
      positive: classes.positive,
      warnings: [
        ...labelWarnings(images, classes.names, grouping),
        ...joinedGroupWarnings(joinedGroups, grouping),
        ...nearDuplicateWarnings(nearDuplicates, grouping),
        ...(source === undefined ? suggestionWarnings(table, request) : patientWarnings(assignment.images, source)),
        ...extraWarnings(images, columns),
        ...assignment.warnings,
        ...merged,
        ...read.warnings,
      ],
    };
    const dataset = await completeDataset({
      name: request.name,
      description: `${images.length} images, outcome ${columns.outcome} of ${labels.path}`,
      synthetic: false,
      createdAt: new Date().toISOString(),
      classes: classes.names,
      grouping,
      columns,
      images,
      report,
    });
    signal?.throwIfAborted();
    await sink.finish(dataset);
    return { dataset, report };
  } catch (error) {
    // If `abort` fails as well, the first error is the useful one. Storage removes leftovers when
    // it opens next.
    await sink.abort().catch(() => {});
    throw error;
  }
}

interface ReadResult {
  images: ReadImage[];
  /** Without images of one grey value. */
  hashed: HashedImage[];
  unreadable: ImportIssue[];
  warnings: string[];
}

async function readImages(
  assigned: readonly Assigned[],
  sink: DatasetSink,
  onProgress: OnProgress,
  signal?: AbortSignal,
): Promise<ReadResult> {
  const result: ReadResult = { images: [], hashed: [], unreadable: [], warnings: [] };
  let blank = 0;
  let dark = 0;
  for (const [done, { file, row, outcome, patient, extra }] of assigned.entries()) {
    signal?.throwIfAborted();
    onProgress({ done, total: assigned.length, what: "Reading images" });
    const name = file.path;
    let bytes: Uint8Array<ArrayBuffer>;
    let pixels: Pixels;
    try {
      bytes = new Uint8Array(await file.file.arrayBuffer());
      pixels = await decodeImage(bytes, name);
    } catch (error) {
      result.unreadable.push({ file: name, row, reason: reasonOf(error) });
      continue;
    }
    const { width, height } = pixels;
    const [low, high] = minAndMax(pixels.data);
    if (low === high) blank++;
    else if (high < 32) dark++;
    const sha256 = await sha256Hex(bytes);
    await sink.addImage({ name, bytes, type: imageType(bytes), file: file.file });
    const hash = perceptualHash(pixels);
    if (hash) result.hashed.push({ name, patient: patient || name, sha256, hash });
    result.images.push({
      name,
      patient: patient || name,
      outcome,
      sha256,
      bytes: bytes.length,
      width,
      height,
      ...extra,
    });
  }
  onProgress({ done: assigned.length, total: assigned.length, what: "Reading images" });
  if (blank > 0) result.warnings.push(`${blank} images are blank: all of their pixels are equal.`);
  if (dark > 0) {
    result.warnings.push(
      `${dark} images are nearly black; 12-bit values kept in 16-bit files look so. Rescale them first.`,
    );
  }
  return result;
}

function minAndMax(data: Uint8Array): [number, number] {
  let low = 255;
  let high = 0;
  for (const value of data) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

function reasonOf(error: unknown): string {
  if (error instanceof RadaptError) {
    const { got, remedy } = error.parts;
    return [got, remedy].filter(Boolean).join(". ");
  }
  // The file was moved or changed after it was opened. The browser's message says which.
  return messageOf(error);
}

function nothingReadable(unreadable: readonly ImportIssue[]): RadaptError {
  const [first] = unreadable;
  return new RadaptError(`None of the ${unreadable.length} matched images can be read.`, {
    code: "import.unreadable",
    where: first.file,
    expected: `${formats.labels("image")} images`,
    got: first.reason,
    remedy: "Open images in one of these formats.",
  });
}

/** @param source the column or the part of the paths that names the patients */
function patientWarnings(images: readonly Assigned[], source: string): string[] {
  const without = images.filter(({ patient }) => patient === "").length;
  if (without === 0) return [];
  return [`${without} images have no ${source}: each counts as a patient of its own.`];
}

/** Names what looks like the patients, where the person chose none. */
function suggestionWarnings(table: Table, { columns: { image, outcome }, files }: ImportRequest): string[] {
  const { suggestion } = patientChoices({
    table,
    image,
    outcome,
    matcher: createMatcher(files.map(({ path }) => path)),
  });
  if (!suggestion) return [];
  const { patient, patientFromPath, reason } = suggestion;
  const what = patient === undefined ? "A part of the images' paths" : `The column "${patient}"`;
  const [key, value] = patient === undefined ? ["patientFromPath", patientFromPath] : ["patient", patient];
  return [
    `${what} looks like the patients (${reason}). If it is, import again with it as the patient column; ` +
      `in a plan, add "${key}": ${JSON.stringify(value)} to the columns.`,
  ];
}
