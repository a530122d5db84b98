/**
 * Finds the spellings of one patient's id. Ids that differ by case, spaces, kind of hyphen, Unicode
 * form or number format (10 and 10.0) are one patient. To join two patients by mistake costs a
 * little data; to part one patient lets its images stand in training and test.
 */
import { groupBy } from "../base/group-by";
import { isMissing } from "./outcome";

export interface JoinedPatient {
  /** The id that the dataset stores: the most frequent spelling. */
  id: string;
  /** The most frequent one comes first. */
  spellings: { value: string; images: number }[];
}

export interface PatientIds {
  /** The stored id of a value; "" for a missing one. */
  idOf(value: string): string;
  /** Patients with more than one spelling, by id. */
  joined: JoinedPatient[];
  /** Ids that differ by leading zeros alone and stay apart, such as P1 and P001. */
  similar: string[][];
}

/**
 * Leading zeros count unless every id of the column is a number. A program that reads 001 as a
 * number writes 1, and it does so for whole columns; where ids have letters, nothing shows that P1
 * and P001 are one patient.
 *
 * @param column all values of the column
 * @returns the function that gives the spellings of one patient an equal key
 */
export function patientKeys(column: readonly string[]): (value: string) => string {
  const keys = new Map<string, string>();
  for (const value of column) if (!keys.has(value) && !isMissing(value)) keys.set(value, spellingKey(value));
  const numeric = keys.size > 0 && [...keys.values()].every((key) => /^\d+$/.test(key));
  return (value) => {
    const key = keys.get(value) ?? spellingKey(value);
    return numeric ? withoutLeadingZeros(key) : key;
  };
}

/**
 * @param values the id of each image, as the table spells it
 * @param keyOf of `patientKeys`
 */
export function joinPatientIds(values: readonly string[], keyOf: (value: string) => string): PatientIds {
  const present = values.filter((value) => !isMissing(value));
  const ids = new Map<string, string>();
  const joined: JoinedPatient[] = [];
  for (const [key, own] of groupBy(present, keyOf)) {
    const spellings = [...groupBy(own, (value) => value)]
      .map(([value, same]) => ({ value, images: same.length }))
      .sort((a, b) => b.images - a.images || (a.value < b.value ? -1 : 1));
    const id = spellings[0].value;
    ids.set(key, id);
    if (spellings.length > 1) joined.push({ id, spellings });
  }
  const alike = groupBy([...ids.entries()], ([key]) => withoutLeadingZeros(key)).values();
  return {
    idOf: (value) => (isMissing(value) ? "" : (ids.get(keyOf(value)) ?? value)),
    joined: joined.sort((a, b) => (a.id < b.id ? -1 : 1)),
    similar: [...alike].filter((group) => group.length > 1).map((group) => group.map(([, id]) => id).sort()),
  };
}

/** A spreadsheet writes 10 as 10.0 or 10,0, and a hyphen as a dash. */
function spellingKey(value: string): string {
  // Most ids are plain, and a table may have 200,000 of them.
  if (/^[a-z0-9_/-]+$/.test(value)) return value;
  return value
    .normalize("NFKC")
    .replace(/\p{Cf}/gu, "")
    .replace(/\p{Pd}/gu, "-")
    .replace(/\s+/g, " ")
    .trim()
    .toLowerCase()
    .replace(/^(\d+)[.,]0+$/, "$1");
}

/** Without the zeros that begin a run of digits: p001 becomes p1, and 000 becomes 0. */
function withoutLeadingZeros(key: string): string {
  return key.replace(/(?<!\d)0+(?=\d)/g, "");
}

/** Sentences for the import report. */
export function patientIdWarnings({ joined, similar }: PatientIds): string[] {
  const warnings: string[] = [];
  if (joined.length > 0) {
    const [{ spellings }] = joined;
    const example = spellings
      .map(({ value, images }) => `“${value}” (${spellingCount(images, "image")})`)
      .join(" and ");
    const have = joined.length === 1 ? "1 patient has" : `${joined.length} patients have`;
    warnings.push(`${have} more than one spelling, such as ${example}: each is taken for one patient.`);
  }
  if (similar.length > 0) {
    warnings.push(
      `${spellingCount(similar.length, "group")} of patients differ by leading zeros alone, such as ` +
        `${similar[0].join(" and ")}: they count as different patients. If they are one, write their ids alike.`,
    );
  }
  return warnings;
}

const spellingCount = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;
