/**
 * Temperature scaling: softmax(z / T), with the one T > 0 that minimises the log loss on validation
 * images. It changes how sure the probabilities are, never their order within an image. Guo et al.
 * 2017, arXiv 1706.04599, section 4.2.
 */
import { type FitOutcome, fitted, undetermined } from "./fit";
import { LEAST_PROBABILITY } from "./log-odds";
import { sumToOne } from "./prior-correction";

/** ln p, which are logits up to a constant of each image. */
const logitsOf = (row: readonly number[]): number[] => row.map((p) => Math.log(Math.max(p, LEAST_PROBABILITY)));

/** softmax(β · z), β = 1 / T. */
function softmaxAt(logits: readonly number[], beta: number): number[] {
  const highest = Math.max(...logits);
  return sumToOne(logits.map((z) => Math.exp(beta * (z - highest))));
}

/** T above this, or below its inverse, counts as unbounded. */
const MAX_TEMPERATURE = 1e3;

/**
 * Fits T. The log loss is convex in β = 1 / T with the slope Σ_i (Σ_c p_ic·z_ic − z_iy); bisection
 * finds where it is 0. There is no T in three cases, and the reason says which: the images have one
 * class; the model decides all of them rightly, so that T → 0 would be best; its logits are no
 * higher for the true class than for the others, so that T → ∞ would be best.
 *
 * @param truth [n] class indices of validation images
 * @param probabilities [n][C]
 */
export function fitTemperature(
  truth: readonly number[],
  probabilities: readonly (readonly number[])[],
): FitOutcome<number> {
  if (new Set(truth).size < 2) return undetermined("The validation images show fewer than two classes.");
  const logits = probabilities.map(logitsOf);
  const slope = (beta: number) =>
    logits.reduce((sum, z, i) => {
      const p = softmaxAt(z, beta);
      return sum + z.reduce((mean, value, c) => mean + p[c] * value, 0) - z[truth[i]];
    }, 0);
  if (slope(1 / MAX_TEMPERATURE) >= 0)
    return undetermined("On the validation images the probabilities do not point to the true class.");
  if (slope(MAX_TEMPERATURE) <= 0)
    return undetermined("The model decides every validation image rightly, so these do not show how sure it may be.");
  let [low, high] = [1 / MAX_TEMPERATURE, MAX_TEMPERATURE];
  while (high - low > 1e-14 * high) {
    const middle = Math.sqrt(low * high);
    if (middle <= low || middle >= high) break;
    if (slope(middle) < 0) low = middle;
    else high = middle;
  }
  return fitted(1 / Math.sqrt(low * high));
}

/** @param row [C], sums to 1. @returns [C], sums to 1 */
export const scaleByTemperature = (row: readonly number[], temperature: number): number[] =>
  softmaxAt(logitsOf(row), 1 / temperature);
