/** Divides images by patient and class into shares, for protocols that are no k-fold. */
import { RadaptError } from "../../base";
import { dealShares, groupByPatient, type SplitImage, sortedByName } from "../folds";

export interface ShareRequest {
  images: readonly SplitImage[];
  /** Names of the classes, all of which every share must have. */
  classNames: readonly string[];
  /** Relative sizes. A share of size 0 stays empty. */
  shares: readonly number[];
  seed: number;
  /** Names the random stream, so that two divisions of one seed differ. */
  stream: string;
  /** Where a message says it was, e.g. "test centre A". */
  where: string;
}

/**
 * Divides the images into shares of about the given sizes, each with about the same class ratio. No
 * patient is in two of them. The images of each share are in order of name.
 *
 * @throws RadaptError `split.few-patients` where a class has fewer patients than there are shares
 */
export function divideByShares(request: ShareRequest): SplitImage[][] {
  const { images, classNames, shares, seed, stream } = request;
  const groups = groupByPatient(images, classNames.length);
  const filled = shares.filter((share) => share > 0);
  for (const [c, name] of classNames.entries()) {
    const patients = groups.filter(({ counts }) => counts[c] > 0).length;
    if (patients < filled.length) throw fewPatients(name, patients, filled.length, request.where);
  }
  const shareOf = dealShares(groups, classNames.length, filled, seed, stream);
  const ordered = sortedByName(images);
  let index = 0;
  return shares.map((share) => {
    if (share === 0) return [];
    const own = index++;
    return ordered.filter(({ patient }) => shareOf.get(patient) === own);
  });
}

function fewPatients(name: string, patients: number, needed: number, where: string): RadaptError {
  return new RadaptError(`Class "${name}" has too few patients to be divided.`, {
    code: "split.few-patients",
    where,
    expected: `at least ${needed} patients of the class, so that each of ${needed} parts has one`,
    got: String(patients),
    remedy:
      "Add patients of this class, merge it with another class, " +
      "or set the share for validation to 0 if one patient is missing.",
  });
}
