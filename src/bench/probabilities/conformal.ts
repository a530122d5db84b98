/**
 * Split conformal prediction: for each image a set of classes that holds the true one with at least
 * the chosen probability, whatever the model. The guarantee needs validation images that are
 * exchangeable with the new ones and that chose nothing of the model. Vovk, Gammerman and Shafer
 * 2005; with the score 1 − p of the true class, Sadinle, Lei and Wasserman 2019,
 * doi:10.1080/01621459.2017.1395341.
 */

/** Predictions of images with known truth. */
export interface LabelledPredictions {
  /** [n] class indices. */
  truth: readonly number[];
  /** [n][C], rows sum to 1. */
  probabilities: readonly (readonly number[])[];
}

/**
 * The ⌈(n + 1)·level⌉-th smallest score. With that rank, and not n·level, the coverage holds for
 * every finite n. Infinity where n is too small for the level.
 */
function conformalQuantile(scores: readonly number[], level: number): number {
  const rank = Math.ceil((scores.length + 1) * level - 1e-12);
  if (rank > scores.length) return Number.POSITIVE_INFINITY;
  return Float64Array.from(scores).sort()[Math.max(0, rank - 1)];
}

const scoresOf = ({ truth, probabilities }: LabelledPredictions, c?: number): number[] =>
  probabilities.map((row, i) => 1 - row[truth[i]]).filter((_, i) => c === undefined || truth[i] === c);

/**
 * [C] largest score of a class in a set, one limit for all classes. The coverage holds on average
 * over all images; a rare class may be covered less often.
 *
 * @param level wanted coverage in (0, 1), e.g. 0.9
 */
export function splitLimits(calibration: LabelledPredictions, classes: number, level: number): number[] {
  return new Array<number>(classes).fill(conformalQuantile(scoresOf(calibration), level));
}

/**
 * [C] limits with the coverage held within each true class ("Mondrian"). A class with fewer than
 * level/(1 − level) images enters every set. Vovk, Lindsay, Nouretdinov and Gammerman 2003.
 */
export function classConditionalLimits(calibration: LabelledPredictions, classes: number, level: number): number[] {
  return Array.from({ length: classes }, (_, c) => conformalQuantile(scoresOf(calibration, c), level));
}

/** The classes whose score is at most their limit, in ascending order. The set may be empty. */
export const conformalSet = (row: readonly number[], limits: readonly number[]): number[] =>
  limits.flatMap((limit, c) => (1 - row[c] <= limit ? [c] : []));

export interface ConformalSummary {
  /** Share of images whose set holds the true class. */
  coverage: number;
  /** [C] the same within each true class; NaN for a class without images. */
  classCoverage: number[];
  /** Mean number of classes in a set. */
  meanSize: number;
  /** Share of images whose set is one class: the model commits itself. */
  singletons: number;
}

/** What the sets reach on images that had no part in the limits. */
export function conformalSummary(
  { truth, probabilities }: LabelledPredictions,
  limits: readonly number[],
): ConformalSummary {
  const sets = probabilities.map((row) => conformalSet(row, limits));
  const share = (of: readonly number[]) =>
    of.length > 0 ? of.reduce((sum, value) => sum + value, 0) / of.length : Number.NaN;
  const covered = sets.map((set, i) => Number(set.includes(truth[i])));
  return {
    coverage: share(covered),
    classCoverage: limits.map((_, c) => share(covered.filter((_, i) => truth[i] === c))),
    meanSize: share(sets.map((set) => set.length)),
    singletons: share(sets.map((set) => Number(set.length === 1))),
  };
}
