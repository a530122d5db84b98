/**
 * The meaning of an outcome column's values: which values are missing, which spellings are one
 * class, and which class is positive.
 */
import { RadaptError } from "../base/error";
import { numberIn } from "./numbers";
import { type PositiveChoice, suggestPositive } from "./positive";

/** A column with more distinct values looks like a measurement, not like classes. */
export const maxClasses = 20;

const missingValues = new Set(["", ".", "-", "?", "na", "n/a", "#n/a", "#n/d", "#nv", "nan", "nat", "null", "<na>"]);
/** What a spreadsheet writes where a formula fails, such as #VALUE! and #WERT!. */
const formulaError = /^#[\p{L}\d/]+[!?]$/u;

export function isMissing(value: string): boolean {
  const plain = value.trim().toLowerCase();
  return missingValues.has(plain) || formulaError.test(plain);
}

/** Spellings with an equal key are one class: case does not matter, and 1 equals 1.0 and 1,0. */
export function classKey(value: string): string {
  const plain = value.normalize("NFKC").trim().toLowerCase();
  return String(numberIn(plain) ?? plain);
}

export interface Classes {
  /**
   * Names in order of index; of two classes the positive one comes last. A class has the name of
   * its most frequent spelling.
   */
  names: string[];
  /** Index of a value's class. */
  indexOf(value: string): number;
  /** Spellings that were merged into one class, as [kept, others…]. */
  merged: string[][];
  /** Why the last of two classes is the positive one; absent if a person chose otherwise. */
  positive?: PositiveChoice;
}

/**
 * The classes of an outcome's values, without missing values.
 * @throws RadaptError "outcome.missing" | "outcome.one-class" | "outcome.too-many" |
 *   "outcome.positive"
 */
export function outcomeClasses(values: readonly string[], where: string, positive?: string): Classes {
  const spellings = new Map<string, Map<string, number>>();
  for (const value of values) {
    if (isMissing(value)) continue;
    const known = spellings.get(classKey(value)) ?? new Map<string, number>();
    spellings.set(classKey(value), known.set(value, (known.get(value) ?? 0) + 1));
  }
  const groups = [...spellings].map(([key, counts]) => {
    const byCount = [...counts].sort((x, y) => y[1] - x[1] || (x[0] < y[0] ? -1 : 1)).map(([value]) => value);
    return { key, value: byCount[0], all: byCount, count: [...counts.values()].reduce((sum, n) => sum + n, 0) };
  });
  checkCount(groups, where);
  const numeric = groups.every(({ key }) => !Number.isNaN(Number(key)));
  groups.sort((x, y) => (numeric ? Number(x.key) - Number(y.key) : x.key < y.key ? -1 : 1));
  const suggested = suggestPositive(groups);
  if (groups.length === 2) {
    const chosen = positive === undefined ? suggested?.value : checkPositive(positive, groups, where);
    if (classKey(chosen ?? "") === groups[0].key) groups.reverse();
  }
  const index = new Map(groups.map(({ key }, i) => [key, i]));
  return {
    names: groups.map(({ value }) => value),
    indexOf: (value) => index.get(classKey(value)) ?? -1,
    merged: groups.filter(({ all }) => all.length > 1).map(({ all }) => all),
    positive: suggested?.value === groups.at(-1)?.value ? suggested : undefined,
  };
}

function checkCount(groups: readonly { value: string; count: number }[], where: string): void {
  if (groups.length >= 2 && groups.length <= maxClasses) return;
  const expected = `2 to ${maxClasses} different values`;
  const list = groups.slice(0, 5).map(({ value, count }) => `${value} (${count})`);
  if (groups.length === 0) {
    throw new RadaptError("The outcome is missing for every matched image.", {
      code: "outcome.missing",
      where,
      expected,
      got: "blank values only",
      remedy: "Choose another outcome column.",
    });
  }
  if (groups.length === 1) {
    throw new RadaptError("The outcome has only one class: there is nothing to tell apart.", {
      code: "outcome.one-class",
      where,
      expected,
      got: `only ${list[0]}`,
      remedy: "Choose another outcome column, or open images of the other class as well.",
    });
  }
  throw new RadaptError(`The outcome has ${groups.length} different values: it looks continuous, not like classes.`, {
    code: "outcome.too-many",
    where,
    expected,
    got: `${groups.length}, among them ${list.join(", ")}`,
    remedy: "Choose a column of classes, or add one to the table that divides the values into ranges.",
  });
}

function checkPositive(positive: string, groups: readonly { key: string; value: string }[], where: string): string {
  if (groups.some(({ key }) => key === classKey(positive))) return positive;
  throw new RadaptError(`The positive value "${positive}" does not occur in the outcome.`, {
    code: "outcome.positive",
    where,
    expected: `one of: ${groups.map(({ value }) => value).join(", ")}`,
    got: positive,
    remedy: "Choose one of the values as positive.",
  });
}
