/**
 * Makes a dataset row from its images: its identity, class counts, and warnings about its labels
 * and patients.
 */
import { groupBy } from "../base/group-by";
import { configHash, sha256Hex } from "../base/hash";
import type { DatasetRow, ImageRow, ImportReport } from "./types";

/**
 * SHA-256 over (image hash, label, patient, group if any) of all images, sorted by name. Two
 * datasets with equal fingerprints give equal runs.
 */
function datasetFingerprint(images: readonly ImageRow[]): Promise<string> {
  const lines = imagesByName(images).map(({ sha256, label, patient, group }) =>
    JSON.stringify(group === undefined ? [sha256, label, patient] : [sha256, label, patient, group]),
  );
  return sha256Hex(lines.join("\n"));
}

/**
 * The first 20 hex digits of the SHA-256 over (image hash, value) of all images, for each column
 * that a split protocol may read and that some image has.
 */
async function hashColumns(images: readonly ImageRow[]): Promise<DatasetRow["columnHashes"]> {
  const hashes: NonNullable<DatasetRow["columnHashes"]> = {};
  for (const key of ["centre", "split"] as const) {
    if (images.every((image) => image[key] === undefined)) continue;
    hashes[key] = await configHash(images.map((image) => [image.sha256, image[key] ?? null]));
  }
  return Object.keys(hashes).length > 0 ? hashes : undefined;
}

/**
 * Completes a dataset row: sorts its images by name and adds the fingerprint and an id. The id
 * follows from images, outcome and patients, so that a second import of the same data replaces the
 * first one, also where it brings further columns.
 */
export async function completeDataset(
  row: Omit<DatasetRow, "id" | "fingerprint" | "columnHashes">,
): Promise<DatasetRow> {
  const images = imagesByName(row.images);
  const fingerprint = await datasetFingerprint(images);
  const names = images.map(({ name }) => name);
  const { centre, split, kept, ...columns } = row.columns;
  const id = await configHash({ fingerprint, names, classes: row.classes, columns });
  const columnHashes = await hashColumns(images);
  return { ...row, id, fingerprint, ...(columnHashes && { columnHashes }), images };
}

/** Counts the images and patients of each class. */
export function countClasses(classes: readonly string[], images: readonly ImageRow[]): ImportReport["perClass"] {
  return classes.map((name, label) => {
    const own = images.filter((image) => image.label === label);
    return { name, images: own.length, patients: new Set(own.map(({ patient }) => patient)).size };
  });
}

/**
 * Groups of images with equal bytes, as [first, others…] names. Groups and names are sorted by
 * name.
 */
export function findDuplicates(images: readonly ImageRow[]): string[][] {
  return [...groupBy(imagesByName(images), ({ sha256 }) => sha256).values()]
    .filter((group) => group.length > 1)
    .map((group) => group.map(({ name }) => name));
}

/** A class with fewer patients gets a warning: the default split has as many test parts. */
const FEW_PATIENTS = 5;

/** Warnings for a person who decides whether to trust a split of these images. */
export function labelWarnings(
  images: readonly ImageRow[],
  classes: readonly string[],
  grouping: DatasetRow["grouping"],
): string[] {
  const warnings: string[] = [];
  const quote = (names: readonly string[]) => names.slice(0, 5).join(", ") + (names.length > 5 ? ", …" : "");
  if (grouping === "image") {
    warnings.push(
      "No patient column was chosen: the split is image-level, " +
        "so images of one patient may land in both training and test. If each patient has one image only, " +
        "choose the image column as the patient column.",
    );
  } else {
    const patients = groupBy(images, ({ patient }) => patient);
    const torn = [...patients].filter(([, own]) => new Set(own.map(({ label }) => label)).size > 1);
    if (torn.length > 0) {
      const names = quote(torn.map(([patient]) => patient));
      warnings.push(`${torn.length} patients have images of different outcomes: ${names}.`);
    }
    for (const { name, patients: count } of countClasses(classes, images)) {
      if (count >= FEW_PATIENTS) continue;
      const [patients, parts] =
        count === 1 ? ["1 patient", "1 test part"] : [`${count} patients`, `${count} test parts`];
      warnings.push(`Class ${name} has ${patients}: a split can give it to at most ${parts}.`);
    }
  }
  const copies = [...groupBy(images, ({ sha256 }) => sha256).values()].filter((group) => group.length > 1);
  const tornCopies = copies.filter((group) => new Set(group.map(({ label }) => label)).size > 1).length;
  if (tornCopies > 0) warnings.push(`${tornCopies} groups of identical images carry different outcomes.`);
  return warnings;
}

function imagesByName(images: readonly ImageRow[]): ImageRow[] {
  return [...images].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}
