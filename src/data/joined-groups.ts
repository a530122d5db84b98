/**
 * Joins patients who share an image, for the split. Identical bytes under two patients are one
 * person twice, or a mistake of the table; on two sides of a split they would give the answer away.
 * The patients keep their ids: the images get a group beside them.
 */
import { groupBy } from "../base/group-by";
import type { ImageRow, JoinedGroup } from "./types";

type Joinable = Pick<ImageRow, "name" | "patient" | "sha256">;

/** @returns the groups of two patients or more, in order of their first patient */
export function joinPatientsByImages(images: readonly Joinable[]): JoinedGroup[] {
  const parent = new Map<string, string>();
  const rootOf = (patient: string): string => {
    let root = patient;
    for (let above = parent.get(root); above !== undefined; above = parent.get(root)) root = above;
    return root;
  };
  const shared = sharedImages(images);
  for (const [first, ...others] of shared) {
    for (const other of others) {
      const [low, high] = [rootOf(first.patient), rootOf(other.patient)].sort();
      if (low !== high) parent.set(high, low);
    }
  }
  const groups = new Map<string, { patients: Set<string>; images: string[][] }>();
  for (const copies of shared) {
    const id = rootOf(copies[0].patient);
    const group = groups.get(id) ?? { patients: new Set(), images: [] };
    groups.set(id, group);
    for (const { patient } of copies) group.patients.add(patient);
    group.images.push(copies.map(({ name }) => name));
  }
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, group]) => ({ id, patients: [...group.patients].sort(), images: group.images }));
}

/** Images with equal bytes under more than one patient, each set in order of name. */
function sharedImages(images: readonly Joinable[]): Joinable[][] {
  return [...groupBy(images, ({ sha256 }) => sha256).values()]
    .filter((copies) => new Set(copies.map(({ patient }) => patient)).size > 1)
    .map((copies) => [...copies].sort((a, b) => (a.name < b.name ? -1 : 1)));
}

/** The images, those of joined patients with their group. */
export function withGroups<Image extends { patient: string }>(
  images: readonly Image[],
  joined: readonly JoinedGroup[],
): (Image & { group?: string })[] {
  const groupOf = new Map(joined.flatMap(({ id, patients }) => patients.map((patient) => [patient, id] as const)));
  return images.map((image) => {
    const group = groupOf.get(image.patient);
    return group === undefined ? image : { ...image, group };
  });
}

const LISTED_GROUPS = 3;

/** One sentence for the import report; none where no patients were joined. */
export function joinedGroupWarnings(joined: readonly JoinedGroup[], grouping: "patient" | "image"): string[] {
  if (joined.length === 0) return [];
  const sets = joined.flatMap(({ images }) => images);
  const examples = joined
    .slice(0, LISTED_GROUPS)
    .map(({ patients, images }) =>
      grouping === "patient" ? `${patients.join(", ")} (${images[0].join(", ")})` : images[0].join(", "),
    );
  const more = joined.length > LISTED_GROUPS ? `, and ${joined.length - LISTED_GROUPS} more` : "";
  const where = `in ${sets.length === 1 ? "1 group" : `${sets.length} groups`}: ${examples.join("; ")}${more}.`;
  return [
    grouping === "patient"
      ? `Identical images belong to different patients, ${where} ` +
        "Every split keeps such patients together as one; their ids stay. Check the table."
      : `Identical images occur more than once, ${where} Every split keeps the copies together.`,
  ];
}
