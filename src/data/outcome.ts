/**
 * The meaning of an outcome column's values: which values are missing, which spellings are one
 * class, and which class is positive.
 */
import { RadaptError } from "../base/error";

/** A column with more distinct values looks like a measurement, not like classes. */
export const maxClasses = 20;

const missingValues = new Set(["", ".", "-", "?", "na", "n/a", "#n/a", "nan", "null", "<na>"]);

export function isMissing(value: string): boolean {
  return missingValues.has(value.trim().toLowerCase());
}

/** Spellings with an equal key are one class: case does not matter, and 1 equals 1.0. */
export function classKey(value: string): string {
  const plain = value.trim().toLowerCase();
  return /^[+-]?(\d+\.?\d*|\.\d+)$/.test(plain) ? String(Number(plain)) : plain;
}

const positives = new Set(
  (
    "y yes true t 1 pos positive + dead death died deceased expired nonsurvivor non-survivor severe critical icu " +
    "abnormal malignant event case disease diseased"
  ).split(" "),
);
const negatives = new Set(
  "n no false f 0 neg negative alive survived survivor discharged mild normal benign healthy control none".split(" "),
);

/**
 * Guesses which of two values is the positive one. It is the value with a positive meaning (yes, 1,
 * true, dead, severe, positive, …), else the one whose opposite has a negative meaning (no, 0,
 * alive, normal, …), else the larger number, else the rarer value, else the later one in the
 * alphabet. Undefined unless there are exactly two values.
 */
export function guessPositive(values: readonly { value: string; count: number }[]): string | undefined {
  if (values.length !== 2) return undefined;
  const [a, b] = [...values].sort((x, y) => (classKey(x.value) < classKey(y.value) ? -1 : 1));
  const [ka, kb] = [classKey(a.value), classKey(b.value)];
  if (positives.has(ka) !== positives.has(kb)) return positives.has(ka) ? a.value : b.value;
  if (negatives.has(ka) !== negatives.has(kb)) return negatives.has(ka) ? b.value : a.value;
  const [na, nb] = [Number(ka), Number(kb)];
  if (!Number.isNaN(na) && !Number.isNaN(nb)) return na > nb ? a.value : b.value;
  return a.count < b.count ? a.value : b.value;
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
  if (groups.length === 2) {
    const chosen = positive === undefined ? guessPositive(groups) : checkPositive(positive, groups, where);
    if (classKey(chosen ?? "") === groups[0].key) groups.reverse();
  }
  const index = new Map(groups.map(({ key }, i) => [key, i]));
  return {
    names: groups.map(({ value }) => value),
    indexOf: (value) => index.get(classKey(value)) ?? -1,
    merged: groups.filter(({ all }) => all.length > 1).map(({ all }) => all),
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
