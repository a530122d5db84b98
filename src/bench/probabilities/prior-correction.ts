/**
 * Prior correction. Class weights and balanced sampling train as if the classes had other shares
 * than they have. The fitted probabilities then belong to those other shares. For class c, with
 * share π_c in the data and π*_c in training,
 *
 *   p'_c = p_c · π_c / π*_c ÷ Σ_k p_k · π_k / π*_k
 *
 * belongs to the data again. Saerens, Latinne and Decaestecker 2002,
 * doi:10.1162/089976602753284446, equation 2.4; for two classes King and Zeng 2001,
 * doi:10.1093/oxfordjournals.pan.a004868, section 4.1. The correction moves all log-odds of two
 * classes by one amount, so that their order, and every metric of it, stays.
 */

import { classPrior, classWeights } from "../class-weights";
import type { Training } from "../training";

/** Decides how often a class seems to occur in training. */
export interface ClassBalance extends Pick<Training, "classWeights" | "effectiveBeta" | "sampling"> {
  /** τ of the logit-adjusted loss; 0 for other losses. */
  logitTau: number;
}

/**
 * [C] shares π* that training shows to the model; they sum to 1. A class without training images
 * has share 0.
 *
 * - Weights w_c multiply the counts n_c: π*_c ∝ n_c · w_c.
 * - Balanced sampling draws every class equally often, so that the counts do not enter.
 * - The logit-adjusted loss fits softmax(z + τ · log π) to the labels and predicts with softmax(z),
 *   which divides by π^τ (arXiv 2007.07314).
 *
 * @param counts [C] number of training images
 */
export function trainedShares(counts: readonly number[], balance: ClassBalance): number[] {
  const labels = counts.flatMap((count, c) => new Array<number>(count).fill(c));
  const weights = classWeights(labels, counts.length, balance.classWeights, balance.effectiveBeta);
  const prior = classPrior(labels, counts.length);
  const mass = counts.map((count, c) => {
    if (count === 0) return 0;
    return ((balance.sampling === "balanced" ? 1 : count) * weights[c]) / prior[c] ** balance.logitTau;
  });
  return sumToOne(mass);
}

/** Scales values ≥ 0 to the sum 1. */
export function sumToOne(values: readonly number[]): number[] {
  const sum = values.reduce((total, value) => total + value, 0);
  return values.map((value) => value / sum);
}

/**
 * Moves probabilities from one set of class shares to another.
 *
 * @param probabilities [C], sums to 1
 * @param from [C] shares π* that the probabilities belong to, above 0
 * @param to [C] shares π that they should belong to
 * @returns [C], sums to 1
 */
export function correctPrior(
  probabilities: readonly number[],
  from: readonly number[],
  to: readonly number[],
): number[] {
  return sumToOne(probabilities.map((p, c) => (p * to[c]) / from[c]));
}
