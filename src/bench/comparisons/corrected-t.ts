/**
 * The corrected resampled t-test (Nadeau & Bengio 2003) over the test parts that two methods share.
 * It compares every two methods, or each with the plan's reference. A difference is claimed only
 * when every planned run is there, and only where it survives the correction for all pairs and
 * tables. It is called exploratory unless the plan fixed the metric before its first run.
 */
import { signedText } from "../../base/number-text";
import { levelText, pText } from "../figure-words";
import { gainOverBaseline, type Metric } from "../metric";
import { partTitle } from "../protocols";
import { detectableDifference, holm, type PairedDifference, pairedDifference } from "../stats";
import { type ComparedGroup, type ComparedGroups, groupPairs, isFixed, pairedParts } from "./compared-groups";
import { defineComparison } from "./comparison";

/** The difference a − b over the parts that both have. */
export interface PairRow extends PairedDifference {
  a: ComparedGroup;
  b: ComparedGroup;
  /**
   * p adjusted by Holm over all pairs of the table, times the number of tables (Bonferroni) and at
   * most 1. NaN where there is no p.
   */
  pHolm: number;
  /** The method with the better value if `pHolm` is below 1 − level; else null. */
  better: "a" | "b" | null;
  /**
   * The true difference that 80 of 100 studies of this size would find in this pair, after the
   * correction. NaN where there is no interval.
   */
  detectable: number;
}

export interface CorrectedT {
  rows: PairRow[];
  /** Whether any difference survives the correction. */
  decisive: boolean;
}

export const correctedT = defineComparison<CorrectedT>({
  id: "corrected-t",
  label: "Differences between methods",
  needs(compared) {
    if (compared.groups.length < 2)
      return compared.progress.missing > 0
        ? "Nothing to compare yet."
        : "There is one method only: nothing to compare.";
    if (differences(compared).some(isComparable)) return true;
    if (differences(compared).some(({ n }) => n >= 2))
      return "Every difference is the same in all parts: that says nothing of chance, and no difference is judged.";
    const { noun } = partTitle(compared.groups[0].records[0].config.split);
    return `No two methods share two ${noun}s${compared.progress.missing > 0 ? " yet" : ""}: no difference can be judged.`;
  },
  compute(compared) {
    const { metric, level, tables } = compared;
    const pairs = differences(compared);
    const adjusted = holm(pairs.map(({ p }) => p)).map((p) => Math.min(1, tables * p));
    const judged = pairs.filter(isComparable).length;
    const rows = pairs.map((pair, i): PairRow => {
      const higher = pair.mean > 0 === (metric.direction === "higher") ? "a" : "b";
      return {
        ...pair,
        pHolm: adjusted[i],
        better: adjusted[i] < 1 - level ? higher : null,
        // The correction tests the smallest p at this level, which is its strictest.
        detectable: detectableDifference(pair, 1 - (1 - level) / (judged * tables)),
      };
    });
    return { rows, decisive: rows.some(({ better }) => better !== null) };
  },
  says(result, compared) {
    const { missing, all } = compared.progress;
    if (missing > 0)
      return `Preliminary: ${all - missing} of ${all} runs are there. No difference is judged before all of them are.`;
    const sentences = result.decisive ? decidedSentences : undecidedSentences;
    return `${exploratorySentence(compared)}${sentences(result, compared)}`;
  },
});

type Difference = Omit<PairRow, "pHolm" | "better" | "detectable">;

function differences(compared: ComparedGroups): Difference[] {
  const { metric, level } = compared;
  return groupPairs(compared).map(({ a, b }) => {
    const parts = pairedParts(a, b, metric.id);
    const repeats = new Set(parts.map(({ splitSeed }) => splitSeed)).size;
    const values = (of: "a" | "b") => parts.map((part) => part[of]);
    // The larger ratio is the safer one where two methods trained on different numbers of images.
    const testOverTrain = Math.max(a.overlap, b.overlap);
    return { a, b, ...pairedDifference(values("a"), values("b"), { testOverTrain, repeats, level }) };
  });
}

/** Says that the plan did not fix this metric before its first run. Empty if the plan did. */
function exploratorySentence(compared: ComparedGroups): string {
  const { metric, primary } = compared;
  if (isFixed(compared)) return "";
  const fixed = primary ? `: the plan fixed ${primary.label}` : "";
  return `Exploratory: ${metric.label} was not fixed before the start as what decides${fixed}. `;
}

const isComparable = ({ p }: PairedDifference) => !Number.isNaN(p);

const pairsText = (count: number) => (count === 1 ? "pair" : `${count} pairs`);

/** Comparisons that a claim accounts for. */
const comparisonsOf = (judged: readonly PairRow[], { tables }: ComparedGroups) => judged.length * tables;

function undecidedSentences({ rows }: CorrectedT, compared: ComparedGroups): string {
  const { metric, level } = compared;
  const judged = rows.filter(isComparable);
  const comparisons = comparisonsOf(judged, compared);
  const open = rows.length - judged.length;
  const sentences =
    judged.length === 1
      ? [`No difference between ${judged[0].a.name} and ${judged[0].b.name} is shown.`]
      : [`No difference between any of ${pairsText(judged.length)} is shown.`];
  const detectable = Math.max(...judged.map((row) => row.detectable));
  const { prevalence, images } = judged[0].a.records[0].dataset;
  if (detectable < gainOverBaseline(metric, prevalence, images)) {
    const correction = comparisons > 1 ? ` after correction for ${comparisons} comparisons` : "";
    sentences.push(
      `That is no proof of equality: a true difference of ${metric.label} would have to be about ` +
        `${detectable.toFixed(2)} to be found in 4 of 5 such studies at the ${levelText(level)} level${correction}.`,
    );
  } else sentences.push("That is no proof of equality: these data are too few to show any difference.");
  if (open > 0) sentences.push(openSentence(open));
  return sentences.join(" ");
}

const openSentence = (open: number) =>
  open === 1
    ? "One pair has equal differences or too few parts in common: it is not judged."
    : `${open} pairs have equal differences or too few parts in common: they are not judged.`;

function decidedSentences({ rows }: CorrectedT, compared: ComparedGroups): string {
  const { metric, level } = compared;
  const judged = rows.filter(isComparable);
  const comparisons = comparisonsOf(judged, compared);
  const decided = judged.filter(({ better }) => better !== null);
  const sentences = decided.slice(0, 4).map((row) => differenceSentence(row, metric, level));
  if (decided.length > sentences.length) sentences.push(`${decided.length - sentences.length} more pairs differ.`);
  const even = judged.length - decided.length;
  if (even > 0) sentences.push(`Between the other ${pairsText(even)} no difference is shown.`);
  if (comparisons > 1) sentences.push(`All this after correction for ${comparisons} comparisons (Holm).`);
  if (rows.length > judged.length) sentences.push(openSentence(rows.length - judged.length));
  return sentences.join(" ");
}

function differenceSentence(row: PairRow, { label, direction }: Metric, level: number): string {
  const [winner, loser, sign] = row.better === "a" ? [row.a, row.b, 1] : [row.b, row.a, -1];
  const [low, high] = [row.low * sign, row.high * sign].sort((x, y) => x - y);
  const interval = `${levelText(level)} interval ${signedText(low)} to ${signedText(high)}`;
  const figures = `${signedText(row.mean * sign)}, ${interval}, ${pText(row.pHolm)}`;
  return `${label} is ${direction} with ${winner.name} than with ${loser.name} (${figures}).`;
}
