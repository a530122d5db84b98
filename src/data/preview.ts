/**
 * A first look at a table: what its columns hold, and which column is probably the image, the
 * outcome or the patient.
 */
import { hasWordOf, wordsOf } from "./column-words";
import { suggestExtraColumns } from "./extra-columns";
import { formats } from "./formats";
import { createMatcher, type Matcher } from "./match";
import { isMissing, maxClasses } from "./outcome";
import { patientChoices } from "./suggest-patient";
import { readTable } from "./table";
import type { Table, TablePreview } from "./types";

const previewRows = 8;
const listedValues = 20;

/** Statistics of one column. */
interface ColumnFacts {
  name: string;
  /**
   * `matches`: rows whose value names a file. `exact`: those of them that name it with its
   * extension.
   */
  matches: number;
  exact: number;
  /** Values that are not missing, most frequent first. */
  counts: { value: string; count: number }[];
  present: number;
  rows: number;
}

/**
 * Patterns for the whole name of a column. Short words, which other words contain (age in image),
 * are compared with the words of the name instead.
 */
const hints = {
  image: /image|img|file|path|scan|picture|photo|dicom|png|jpe?g/i,
  outcome: new RegExp(
    "outcome|label|target|class|death|dead|died|deceased|mortality|surviv|alive|" +
      "icu|sever|prognos|diagnos|event|intubat|pneumonia|covid|malignan|status|stage|grade",
    "i",
  ),
};
const outcomeIsNot = wordsOf(
  "sex gender age view license licence source modality date year split fold subset width height",
);
for (const word of wordsOf("location attribution offset centre center hospital site url doi phase at"))
  outcomeIsNot.add(word);

/**
 * @param paths of the opened files, which show the column that names them
 * @throws RadaptError as `readTable`
 */
export async function previewTable(name: string, bytes: Uint8Array, paths: readonly string[]): Promise<TablePreview> {
  const table = await readTable(name, bytes);
  const matcher = createMatcher(paths);
  const facts = factsOf(table, matcher);
  const image = suggestImage(facts);
  const patients = patientChoices({ table, image, matcher });
  const { patient, patientFromPath } = patients.suggestion ?? {};
  const outcome = suggestOutcome(facts.filter((column) => column.name !== image && column.name !== patient));
  return {
    columns: table.columns,
    rows: table.rows
      .slice(0, previewRows)
      .map(({ values }) => Object.fromEntries(table.columns.map((column, i) => [column, values[i]]))),
    rowCount: table.rows.length,
    suggestion: { image, outcome, patient, patientFromPath },
    patients,
    extra: suggestExtraColumns(facts.filter(({ name }) => ![image, outcome, patient].includes(name))),
    values: Object.fromEntries(facts.map((column) => [column.name, column.counts.slice(0, listedValues)])),
    matches: Object.fromEntries(facts.map((column) => [column.name, column.matches])),
  };
}

function factsOf(table: Table, matcher: Matcher): ColumnFacts[] {
  return table.columns.map((name, i) => {
    const counts = new Map<string, number>();
    for (const { values } of table.rows) counts.set(values[i], (counts.get(values[i]) ?? 0) + 1);
    const facts: ColumnFacts = { name, matches: 0, exact: 0, counts: [], present: 0, rows: table.rows.length };
    for (const [value, count] of counts) {
      if (isMissing(value)) continue;
      facts.counts.push({ value, count });
      facts.present += count;
      const found = matcher.find(value);
      if (found.kind !== "none") facts.matches += count;
      if (found.kind === "match" && found.exact) facts.exact += count;
    }
    facts.counts.sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1));
    return facts;
  });
}

/**
 * The name of the column with the highest score, or undefined if none scores above 0. The first of
 * equals wins.
 */
function best(columns: readonly ColumnFacts[], score: (column: ColumnFacts) => number): string | undefined {
  const scores = columns.map(score);
  const top = Math.max(0, ...scores);
  return top > 0 ? columns[scores.indexOf(top)].name : undefined;
}

function suggestImage(columns: readonly ColumnFacts[]): string | undefined {
  const hinted = ({ name }: ColumnFacts) => (hints.image.test(name) ? 0.25 : 0);
  const matching = best(columns, (c) => (c.matches > 0 ? c.matches + c.exact / (c.rows + 1) / 2 + hinted(c) : 0));
  // If no value matches a file: a column whose values look like image files, else one whose name
  // says so.
  const looksLikeFile = (c: ColumnFacts) => c.counts.length > 0 && formats.kindOf(c.counts[0].value) === "image";
  return matching ?? best(columns, (c) => (looksLikeFile(c) ? 1 : 0) + hinted(c));
}

function suggestOutcome(columns: readonly ColumnFacts[]): string | undefined {
  return best(columns, ({ name, counts, present, rows }) => {
    if (counts.length < 2 || counts.length > Math.min(maxClasses, present / 2)) return 0;
    const hint = (hints.outcome.test(name) ? 3 : 0) - (hasWordOf(name, outcomeIsNot) ? 3 : 0);
    const rarest = (counts.at(-1)?.count ?? 0) / present;
    return hint + 1 / counts.length + (2 * present) / rows + 2 * rarest;
  });
}
