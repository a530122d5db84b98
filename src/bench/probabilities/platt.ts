/**
 * Platt scaling: p' = 1 / (1 + exp(−(a + b·z))), with a and b fitted on validation images, where z
 * is the log-odds of the positive class. Platt 1999, "Probabilistic outputs for support vector
 * machines and comparisons to regularized likelihood methods".
 */
import { fitBinomial } from "./binomial-regression";
import { type FitOutcome, fitted, undetermined } from "./fit";
import { logOdds, rowOfLogOdds } from "./log-odds";

export interface PlattScaling {
  intercept: number;
  /** Above 0. */
  slope: number;
}

/**
 * Fits a and b by maximum likelihood with Platt's targets: (N₊ + 1)/(N₊ + 2) for a positive image
 * and 1/(N₋ + 2) for a negative one. These keep the slope finite where the scores separate the
 * classes. There is no fit, and the reason says so, where the images have one class, all have the
 * same score, or the slope would turn the order of the scores round.
 *
 * @param truth [n] 0 or 1 of validation images
 * @param probabilities [n][2]
 */
export function fitPlatt(
  truth: readonly number[],
  probabilities: readonly (readonly number[])[],
): FitOutcome<PlattScaling> {
  const positives = truth.filter((label) => label === 1).length;
  const negatives = truth.length - positives;
  if (positives === 0 || negatives === 0) return undetermined("The validation images show fewer than two classes.");
  const x = probabilities.map(logOdds);
  if (Math.max(...x) === Math.min(...x)) return undetermined("All validation images have the same probability.");
  const target = truth.map((label) => (label === 1 ? (positives + 1) / (positives + 2) : 1 / (negatives + 2)));
  const { intercept, slope, converged } = fitBinomial({ target, x });
  if (!converged) return undetermined("Platt scaling found no optimum on the validation images.");
  if (slope <= 0)
    return undetermined("On the validation images a higher probability did not mean more of the positive class.");
  return fitted({ intercept, slope });
}

/** @param row [p₀, p₁] */
export const scaleByPlatt = (row: readonly number[], { intercept, slope }: PlattScaling): number[] =>
  rowOfLogOdds(intercept + slope * logOdds(row));
