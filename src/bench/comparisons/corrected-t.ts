/**
 * The corrected resampled t-test (Nadeau & Bengio 2003) between every two methods, over the parts
 * and seeds that both have. Each interval stands for itself; `pHolm` accounts for their number.
 */
import type { Metric } from "../metric";
import { partTitle } from "../protocols";
import { metricValue } from "../run-groups";
import { holm, type PairedDifference, pairedDifference } from "../stats";
import { type ComparedGroup, type ComparedGroups, groupPairs, pairedRuns } from "./compared-groups";
import { defineComparison } from "./comparison";

/** The difference a − b over the parts and seeds that both have. */
export interface PairRow extends PairedDifference {
  a: ComparedGroup;
  b: ComparedGroup;
  /** p adjusted by Holm over all pairs. */
  pHolm: number;
  /** Who is better where the interval excludes zero; null where it does not, or has no width. */
  better: "a" | "b" | null;
}

export interface CorrectedT {
  rows: PairRow[];
  /** Whether any interval excludes zero. */
  decisive: boolean;
}

export const correctedT = defineComparison<CorrectedT>({
  id: "corrected-t",
  label: "Difference run by run, corrected for training images that the runs share",
  needs(compared) {
    if (compared.groups.length < 2) return "There is one method only: nothing to compare.";
    if (differences(compared).some(isComparable)) return true;
    const { noun } = partTitle(compared.groups[0].records[0].config.split);
    return `No two methods share two runs of the same ${noun} and seed yet: no difference can be judged.`;
  },
  compute(compared) {
    const { direction } = compared.metric;
    const pairs = differences(compared);
    const adjusted = holm(pairs.map(({ p }) => p));
    const rows = pairs.map((pair, i): PairRow => {
      const excludesZero = pair.sd > 0 && (pair.low > 0 || pair.high < 0);
      const better = pair.mean > 0 === (direction === "higher") ? "a" : "b";
      return { ...pair, pHolm: adjusted[i], better: excludesZero ? better : null };
    });
    return { rows, decisive: rows.some(({ better }) => better !== null) };
  },
  says({ rows, decisive }, { metric, level }) {
    const comparable = rows.filter(isComparable);
    const sentences = decisive ? decidedSentences(comparable, metric, level) : [undecidedSentence(comparable, level)];
    const pending = rows.length - comparable.length;
    if (pending > 0) sentences.push(`${pending} of ${rows.length} pairs share too few runs yet.`);
    return sentences.join(" ");
  },
});

type Difference = Omit<PairRow, "pHolm" | "better">;

function differences(compared: ComparedGroups): Difference[] {
  const { metric, level } = compared;
  return groupPairs(compared).map(({ a, b }) => {
    const runs = pairedRuns(a, b);
    const values = (of: "a" | "b") => runs.map((run) => metricValue(run[of], metric.id));
    return { a, b, ...pairedDifference(values("a"), values("b"), a.overlap, level) };
  });
}

/** An interval takes two runs that both methods have. */
const isComparable = ({ n }: PairedDifference) => n >= 2;

const levelText = (level: number) => `${Math.round(level * 1000) / 10} %`;

function undecidedSentence(comparable: readonly PairRow[], level: number): string {
  if (comparable.length > 1)
    return "All pairwise intervals of the difference include zero: the ranking is not decisive.";
  const [{ a, b }] = comparable;
  const interval = `The ${levelText(level)} interval of the difference of ${a.name} and ${b.name}`;
  return `${interval} includes zero: the ranking is not decisive.`;
}

function decidedSentences(comparable: readonly PairRow[], metric: Metric, level: number): string[] {
  const decided = comparable.filter(({ better }) => better !== null);
  const sentences = decided.slice(0, 4).map((row) => beats(row, metric, level));
  if (decided.length > sentences.length) sentences.push(`${decided.length - sentences.length} more pairs differ.`);
  const open = comparable.length - decided.length;
  if (open > 0) sentences.push(`The other ${open === 1 ? "interval includes" : `${open} intervals include`} zero.`);
  if (comparable.length > 1) sentences.push(holmSentence(decided, comparable.length, level));
  return sentences;
}

function holmSentence(decided: readonly PairRow[], comparisons: number, level: number): string {
  const count = decided.filter(({ pHolm }) => pHolm < 1 - level).length;
  const partly = count === 0 ? "none of these remains" : `${count} of ${decided.length} remain`;
  const remaining = count === decided.length ? "all of these remain" : partly;
  return `After Holm's correction for ${comparisons} comparisons ${remaining}.`;
}

function beats(row: PairRow, metric: Metric, level: number): string {
  const [winner, loser, sign] = row.better === "a" ? [row.a, row.b, 1] : [row.b, row.a, -1];
  const [low, high] = [row.low * sign, row.high * sign].sort((x, y) => x - y);
  const signed = (value: number) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(3)}`;
  const interval = `${levelText(level)} interval ${signed(low)} to ${signed(high)}`;
  return `${winner.name} beats ${loser.name}: ${metric.label} ${signed(row.mean * sign)} (${interval}).`;
}
