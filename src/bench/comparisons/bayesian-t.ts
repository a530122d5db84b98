/**
 * The Bayesian correlated t-test (Corani & Benavoli 2015, doi:10.1007/s10994-015-5486-z) with a
 * region of practical equivalence. When the corrected t-test shows no difference, two methods may
 * be equal, or the data may be too few to tell. This test distinguishes the two.
 *
 * With a flat prior, the posterior of the true difference is Student's t distribution around the
 * mean. Its scale is the standard error of the corrected t-test: the paper's ρ/(1 − ρ), with
 * ρ = n_test/(n_test + n_train), equals n_test/n_train there. Its degrees of freedom are also those
 * of the corrected t-test. They are fewer than the paper's n − 1 where the partition is repeated.
 *
 * These probabilities are not corrected for the number of pairs. To add no false claims, the
 * sentences state a difference only where the corrected t-test claims one.
 */
import type { Metric } from "../metric";
import { type MeanInterval, standardError, studentCdf } from "../stats";
import type { ComparedGroups } from "./compared-groups";
import { defineComparison } from "./comparison";
import { correctedT, type PairRow } from "./corrected-t";

/** Posterior probabilities of the true difference a − b; NaN where there is no interval. */
export interface PracticalShares {
  /** a is better than b by more than the region. */
  better: number;
  /** The difference lies in the region. */
  equal: number;
  /** a is worse than b by more than the region. */
  worse: number;
}

export interface PracticalRow extends PairRow {
  shares: PracticalShares;
}

/** From this probability on, the sentences state something as known. */
const KNOWN = 0.95;

export const bayesianT = defineComparison<PracticalRow[]>({
  id: "bayesian-t",
  label: "Equal in practice, or not enough data",
  needs(compared) {
    const { missing } = compared.progress;
    return missing > 0 && compared.groups.length > 1
      ? "Not judged before every run is there."
      : correctedT.needs(compared);
  },
  compute(compared) {
    const { metric, equivalence } = compared;
    return correctedT.compute(compared).rows.map((row) => ({
      ...row,
      shares: practicalShares({ ...row, se: standardError(row) }, equivalence, metric.direction),
    }));
  },
  says(rows, compared) {
    const known = rows.filter(({ shares }) => !Number.isNaN(shares.equal));
    return known.length <= 4
      ? known.map((row) => pairSentence(row, compared)).join(" ")
      : summarySentences(known, compared);
  },
});

/**
 * The three probabilities of a t posterior.
 *
 * @param posterior mean and standard error of the difference a − b, and the degrees of freedom
 * @param equivalence half-width of the region, in units of the difference
 */
export function practicalShares(
  { mean, se, df }: Pick<MeanInterval, "mean" | "df"> & { se: number },
  equivalence: number,
  direction: Metric["direction"] = "higher",
): PracticalShares {
  if (Number.isNaN(df)) return { better: Number.NaN, equal: Number.NaN, worse: Number.NaN };
  const lower = studentCdf((-equivalence - mean) / se, df);
  const higher = studentCdf((mean - equivalence) / se, df);
  const [better, worse] = direction === "higher" ? [higher, lower] : [lower, higher];
  return { better, equal: 1 - higher - lower, worse };
}

/** A probability in whole per cent. It is never 0 or 100, because a posterior is never certain. */
export function shareText(share: number): string {
  if (Number.isNaN(share)) return "–";
  const text = Math.round(share * 100);
  return text < 1 ? "< 1 %" : text > 99 ? "> 99 %" : `${text} %`;
}

const isEqual = ({ shares }: PracticalRow) => shares.equal >= KNOWN;
const isPractical = ({ shares, better }: PracticalRow) =>
  better !== null && (better === "a" ? shares.better : shares.worse) >= KNOWN;

function pairSentence(row: PracticalRow, { metric, equivalence }: ComparedGroups): string {
  const { a, b, shares, better } = row;
  if (isEqual(row))
    return (
      `${a.name} and ${b.name} are practically equal: with probability ${shareText(shares.equal)} their ` +
      `${metric.label} differs by at most ${equivalence}.`
    );
  if (isPractical(row)) {
    const [winner, loser, share] = better === "a" ? [a, b, shares.better] : [b, a, shares.worse];
    return `${winner.name} is better than ${loser.name} by more than ${equivalence} with probability ${shareText(share)}.`;
  }
  const open = better === null ? "Not enough data to tell" : "Not enough data to tell how much they differ:";
  return (
    `${open} ${a.name} from ${b.name}: better by more than ${equivalence} with probability ` +
    `${shareText(shares.better)}, practically equal ${shareText(shares.equal)}, worse ${shareText(shares.worse)}.`
  );
}

function summarySentences(rows: readonly PracticalRow[], { equivalence }: ComparedGroups): string {
  const pairs = (count: number) => (count === 1 ? "1 pair" : `${count} pairs`);
  const equal = rows.filter(isEqual);
  const practical = rows.filter(isPractical).length;
  const open = rows.length - equal.length - practical;
  const named = equal.slice(0, 3).map(({ a, b }) => `${a.name} and ${b.name}`);
  const more = equal.length > named.length ? `, and ${equal.length - named.length} more` : "";
  const sentences = [
    practical > 0 &&
      `A difference of more than ${equivalence} has a probability of at least 95 % in ${pairs(practical)}.`,
    equal.length > 0 &&
      `Practical equality, a difference of at most ${equivalence}, has a probability of at least 95 % in ` +
        `${pairs(equal.length)} (${named.join("; ")}${more}).`,
    open > 0 && `In ${pairs(open)} the data are not enough to tell.`,
  ];
  return sentences.filter(Boolean).join(" ");
}
