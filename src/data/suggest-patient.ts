/**
 * Suggests which column of a table, or which part of the images' paths, names the patients. The
 * name of a column counts, and so does its structure: values that stand on several images, without
 * being a category. The page and the command line show the suggestion with its reason.
 */
import type { PatientPathRule } from "../bench/plan";
import { determinesAnother } from "./dependence";
import type { Matcher } from "./match";
import { isMissing } from "./outcome";
import { type PatientFacts, patientFacts, patientFactsText } from "./patient-facts";
import { patientKeys } from "./patient-ids";
import { readPatientName } from "./patient-names";
import { patientPathRules } from "./patient-path";
import type { PatientChoices, PatientSource, Table, TableRow } from "./types";

export interface PatientSearch {
  table: Table;
  /** The image column and the outcome column, where they are known. */
  image?: string;
  outcome?: string;
  /** Finds the opened files. */
  matcher: Matcher;
}

interface ColumnCandidate {
  source: PatientSource;
  facts: PatientFacts;
  /** The patient of each row; "" where the row names none. */
  keys: string[];
  /** One of `ranks`, or 0. */
  rank: number;
  reason: string;
}

/** How likely a column names the patients; 0 is no candidate. */
const ranks = { repeatedPatient: 7, patient: 6, id: 5, namesFiles: 4, structure: 3, case: 2 } as const;

export function patientChoices(search: PatientSearch): PatientChoices {
  const { table } = search;
  const { rows, images } = openedRows(search);
  const fromPaths = Object.entries(patientPathRules).map(([rule, { patientOf }]) =>
    candidate({ patientFromPath: rule as PatientPathRule }, images.paths.map(patientOf), images),
  );
  const likePatients = fromPaths.filter(({ facts, keys }) => isUnnamedGrouping(facts) && haveDigits(keys));
  const columns = table.columns.map((column, i) => {
    const values = rows.map((row) => row.values[i]);
    return { ...candidate({ patient: column }, values, images), column, values };
  });
  const others = columns.filter(({ column }) => column !== search.image);
  for (const one of others) {
    if (one.column !== search.outcome) Object.assign(one, rankOf(one, likePatients, others));
  }
  const best = coarsest(highest(others), others) ?? firstOf(likePatients);
  return {
    suggestion: best && {
      ...best.source,
      reason: [patientFactsText(best.facts), best.reason].filter(Boolean).join("; "),
    },
    columns: Object.fromEntries(columns.map(({ column, facts }) => [column, patientFactsText(facts)])),
    paths: Object.fromEntries(
      fromPaths
        .filter(({ facts }) => facts.patients > 1 && facts.repeatedPatients > 0)
        .map(({ source, facts }) => [source.patientFromPath, patientFactsText(facts)]),
    ),
  };
}

/** The rows whose image was opened, or all rows if none was. */
function openedRows({ table, image, matcher }: PatientSearch): { rows: TableRow[]; images: Images } {
  const at = image === undefined ? -1 : table.columns.indexOf(image);
  const named = table.rows.map((row) => {
    const value = row.values[at] ?? "";
    const match = matcher.find(value);
    // A row without an image counts as an image of its own.
    return {
      row,
      opened: match.kind === "match",
      image: match.kind === "match" ? match.path : value || `${row.number}`,
    };
  });
  const opened = named.filter((one) => one.opened);
  const used = opened.length > 0 ? opened : named;
  const paths = used.map((one) => one.image);
  return { rows: used.map(({ row }) => row), images: { paths, repeat: new Set(paths).size < paths.length } };
}

interface Images {
  paths: string[];
  /** Whether several rows name one image. */
  repeat: boolean;
}

function candidate(source: PatientSource, values: readonly string[], images: Images): ColumnCandidate {
  const keyOf = patientKeys(values);
  const known = new Map<string, string>();
  const keys = values.map((value) => {
    const key = known.get(value) ?? (isMissing(value) ? "" : keyOf(value));
    known.set(value, key);
    return key;
  });
  return { source, keys, facts: patientFacts(keys, images.paths, images.repeat), rank: 0, reason: "" };
}

/**
 * Whether the groups can be patients: at least four of them, some with several images, and neither
 * a category (few groups with many images each) nor a value that most images share.
 *
 * @param maxImages the largest mean number of images of a group
 */
function isGrouping({ patients, images, most, repeatedPatients }: PatientFacts, maxImages: number): boolean {
  return patients >= 4 && repeatedPatients >= 2 && most <= images / 2 && images <= maxImages * patients;
}

/**
 * Without a name that says patient or id, a group has no more images than there are groups. With
 * one, slices of a volume are possible: 4 groups of 8, 8 of 32, 20 of 200.
 */
const isUnnamedGrouping = (facts: PatientFacts): boolean => isGrouping(facts, facts.patients);
const isNamedGrouping = (facts: PatientFacts): boolean => isGrouping(facts, facts.patients ** 2 / 2);

/** Two values on many images, or groups of very many images: the classes of a "case" column. */
function isCategory({ patients, images }: PatientFacts): boolean {
  return (patients === 2 && images > 8) || images > 50 * patients * patients;
}

function rankOf(
  one: ColumnCandidate & { column: string; values: readonly string[] },
  likePatients: readonly ColumnCandidate[],
  others: readonly (ColumnCandidate & { column: string })[],
): Pick<ColumnCandidate, "rank" | "reason"> {
  const { facts, keys, column } = one;
  const named = readPatientName(column);
  const none = { rank: 0, reason: "" };
  // Of the images, half may lack a patient: each of these counts as a patient of its own.
  if (named === "none" || facts.patients < 2 || facts.images < keys.length / 2) return none;
  if (named === "patient" || named === "case") {
    const repeats = facts.repeatedPatients > 0;
    if (isCategory(facts) || (named === "case" && repeats && !isNamedGrouping(facts))) return none;
    const certain = repeats ? ranks.repeatedPatient : ranks.patient;
    return { rank: named === "case" && certain === ranks.patient ? ranks.case : certain, reason: "" };
  }
  const likeId = named === "id" && isNamedGrouping(facts) && facts.repeatedImages >= facts.images / 50;
  if (likeId) return { rank: ranks.id, reason: "" };
  if (!isUnnamedGrouping(facts) || facts.repeatedImages < facts.images / 5) return none;
  if (likePatients.some((path) => partAlike(path, one)))
    return { rank: ranks.namesFiles, reason: "the files are named by it" };
  const rest = others.filter((other) => other.column !== column).map((other) => other.keys);
  if (looksLikeId(one.values) && determinesAnother(keys, rest))
    return { rank: ranks.structure, reason: "within a value other columns never differ" };
  return none;
}

const highest = <T extends ColumnCandidate>(candidates: readonly T[]): T | undefined =>
  [...candidates].filter(({ rank }) => rank > 0).sort((a, b) => b.rank - a.rank)[0];

/**
 * Goes from an examination to its patient: takes a likely column whose values each hold whole
 * values of the best one. To join too much costs a little data; to part a patient spoils the test.
 */
function coarsest(
  best: ColumnCandidate | undefined,
  candidates: readonly ColumnCandidate[],
): ColumnCandidate | undefined {
  if (!best || best.rank > ranks.id || best.rank < ranks.structure) return best;
  const coarser = candidates.filter(
    (other) =>
      other.rank >= ranks.structure && other.facts.patients < best.facts.patients && isWithin(best.keys, other.keys),
  );
  return coarser.sort((a, b) => a.facts.patients - b.facts.patients)[0] ?? best;
}

/** The rule that gives the fewest patients; the first of equals. */
function firstOf(candidates: readonly ColumnCandidate[]): ColumnCandidate | undefined {
  const sorted = [...candidates].sort((a, b) => a.facts.patients - b.facts.patients);
  const [first] = sorted;
  if (!first?.source.patientFromPath) return undefined;
  return { ...first, reason: patientPathRules[first.source.patientFromPath].label.toLowerCase() };
}

/** Whether each inner group lies in one outer group. */
function isWithin(inner: readonly string[], outer: readonly string[]): boolean {
  const outerOf = new Map<string, string>();
  return inner.every((key, row) => {
    if (key === "") return true;
    const known = outerOf.get(key) ?? outer[row];
    outerOf.set(key, known);
    return known === outer[row];
  });
}

const partAlike = (a: ColumnCandidate, b: ColumnCandidate): boolean =>
  a.facts.patients === b.facts.patients && isWithin(a.keys, b.keys) && isWithin(b.keys, a.keys);

/** Names such as cat_1.png and dog_2.png begin with a category; numbers tell patients apart. */
function haveDigits(keys: readonly string[]): boolean {
  const present = keys.filter((key) => key !== "");
  return present.filter((key) => /\d/.test(key) && !isDate(key)).length >= 0.8 * present.length;
}

const isDate = (text: string): boolean =>
  /^(19|20)\d\d[-/.]?(0[1-9]|1[0-2])[-/.]?([0-2]\d|3[01])|^\d{1,2}[./-]\d{1,2}[./-](\d\d|\d{4})$/.test(text);

/** Short words with digits, as ids are; neither dates nor decimals. */
function looksLikeId(values: readonly string[]): boolean {
  const present = values.filter((value) => !isMissing(value));
  return (
    present.every(
      (value) => /^[\p{L}\p{N}_.:/-]{1,64}$/u.test(value) && !isDate(value) && !/^\d+[.,]\d*[1-9]\d*$/.test(value),
    ) && present.filter((value) => /\d/.test(value)).length >= 0.8 * present.length
  );
}
