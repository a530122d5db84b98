/**
 * Columns beside image, outcome and patient: the centre, a published split, and any column that is
 * kept for subgroups. They change neither images nor labels, hence not a dataset's fingerprint.
 */
import { hasWordOf } from "./column-words";
import { numberIn } from "./numbers";
import { isMissing } from "./outcome";
import { columnIndex } from "./table";
import type { ExtraColumns, ImageRow, SplitSide, Table, TableRow } from "./types";

/** What the extra columns say of one image. */
export type ExtraValues = Pick<ImageRow, "centre" | "split" | "columns">;

export interface ExtraReader {
  valuesOf(row: TableRow): ExtraValues;
  /** Equal for rows that place an image in the same centre and on the same side of a split. */
  keyOf(row: TableRow): string;
}

const sideWords: readonly (readonly [SplitSide, RegExp])[] = [
  ["train", /^(tr$|trn|train|learn)/],
  ["val", /^(va$|val|dev$|devset|tun)/],
  ["test", /^(te$|tst|test|hold|held|eval)/],
];

/** The side of a split that a word names, such as "Training set" or "valid"; undefined if none. */
export function splitSideOf(value: string): SplitSide | undefined {
  const word = value
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[^\p{L}]/gu, "");
  return sideWords.find(([, words]) => words.test(word))?.[0];
}

/** @throws RadaptError "csv.no-column" */
export function readExtraColumns(table: Table, { centre, split, kept = [] }: ExtraColumns): ExtraReader {
  const reader = (column: string | undefined) => {
    if (column === undefined) return () => undefined;
    const index = columnIndex(table, column);
    return ({ values }: TableRow) => (isMissing(values[index]) ? undefined : values[index]);
  };
  const centreOf = spellings(table, reader(centre));
  const sideOf = reader(split);
  const keptColumns = kept.map((column) => ({ column, read: reader(column) }));
  const valuesOf = (row: TableRow): ExtraValues => {
    const own = { centre: centreOf(row), split: splitSideOf(sideOf(row) ?? "") };
    const columns = keptColumns.flatMap(({ column, read }) => {
      const value = read(row);
      return value === undefined ? [] : [[column, value] as const];
    });
    return {
      ...(own.centre !== undefined && { centre: own.centre }),
      ...(own.split !== undefined && { split: own.split }),
      ...(columns.length > 0 && { columns: Object.fromEntries(columns) }),
    };
  };
  return {
    valuesOf,
    keyOf: (row) => JSON.stringify([centreOf(row) ?? null, splitSideOf(sideOf(row) ?? "") ?? null]),
  };
}

type ValueOf = (row: TableRow) => string | undefined;

/** Centres that differ by case, spaces or number format are one, in the first row's spelling. */
function spellings(table: Table, read: ValueOf): ValueOf {
  const keyOf = (value: string) => {
    const plain = value.normalize("NFKC").replace(/\s+/g, " ").trim().toLowerCase();
    return String(numberIn(plain) ?? plain);
  };
  const first = new Map<string, string>();
  for (const row of table.rows) {
    const value = read(row);
    if (value !== undefined && !first.has(keyOf(value))) first.set(keyOf(value), value);
  }
  return (row) => {
    const value = read(row);
    return value === undefined ? undefined : first.get(keyOf(value));
  };
}

/** Sentences for the import report: images that a chosen column says nothing of. */
export function extraWarnings(images: readonly ExtraValues[], { centre, split }: ExtraColumns): string[] {
  const lacking = (key: "centre" | "split") => images.filter((image) => image[key] === undefined).length;
  const have = (count: number) => (count === 1 ? "1 image has" : `${count} images have`);
  const warnings: string[] = [];
  if (centre !== undefined && lacking("centre") > 0)
    warnings.push(`${have(lacking("centre"))} no ${centre}: a split by centre refuses the dataset.`);
  if (split !== undefined && lacking("split") > 0) {
    warnings.push(
      `${have(lacking("split"))} no word for training, validation or test in ${split}: ` +
        "a split by this column leaves such images out.",
    );
  }
  return warnings;
}

const setOf = (words: string) => new Set(words.split(" "));
const centreWords = setOf("centre center hospital site institution institute clinic");
const splitWords = setOf("split subset partition fold");
const keptWords = setOf("sex gender age view projection manufacturer vendor scanner modality race ethnicity");

/**
 * Suggests the columns by their names and values: a centre has images of several patients, and all
 * values of a split column name a side.
 *
 * @param columns in the table's order, without those that are suggested for something else; counts
 *   are of values that are not missing
 */
export function suggestExtraColumns(
  columns: readonly { name: string; counts: readonly { value: string }[]; present: number }[],
): ExtraColumns {
  const several = columns.filter(({ counts }) => counts.length >= 2);
  const split = several.find(
    ({ name, counts }) => hasWordOf(name, splitWords) && counts.every(({ value }) => splitSideOf(value)),
  )?.name;
  const centre = several.find(
    ({ name, counts, present }) => hasWordOf(name, centreWords) && counts.length <= present / 2,
  )?.name;
  const kept = several.map(({ name }) => name).filter((name) => hasWordOf(name, keptWords) && name !== centre);
  return { ...(centre && { centre }), ...(split && { split }), ...(kept.length > 0 && { kept }) };
}
