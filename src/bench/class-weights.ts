/**
 * Corrections for rare classes: the weights of the loss, and the class prior of logit adjustment.
 */
import { lossDef } from "../engine/losses";
import type { Training } from "./training";

/** [C] number of labels of each class. */
export function countsOf(labels: readonly number[], classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label]++;
  return counts;
}

/**
 * Gives one weight per class. A class without images gets 0, and C counts only classes with images.
 * - "balanced": n / (C · n_c), as scikit-learn's compute_class_weight("balanced")
 * - "effective": proportional to (1 − β) / (1 − β^n_c), scaled so that the weights sum to C (arXiv
 *   1901.05555)
 * - "none": 1 each
 *
 * @param labels class index of every training image
 * @param beta the β of "effective", in [0, 1)
 */
export function classWeights(
  labels: readonly number[],
  classes: number,
  mode: Training["classWeights"],
  beta = 0.999,
): number[] {
  if (mode === "none") return new Array<number>(classes).fill(1);
  const counts = countsOf(labels, classes);
  const present = counts.filter((count) => count > 0).length;
  if (mode === "balanced") return counts.map((count) => (count === 0 ? 0 : labels.length / (present * count)));
  // `expm1` computes 1 − β^n without cancellation where β is close to 1.
  const inverse = counts.map((count) => (count === 0 ? 0 : -1 / Math.expm1(count * Math.log(beta))));
  const sum = inverse.reduce((total, weight) => total + weight, 0);
  return inverse.map((weight) => (weight * present) / sum);
}

/**
 * Gives the class weights of the validation loss. That loss is weighted cross-entropy whatever the
 * training loss is. It uses the run's class weights. Where there are none but the sampling or the
 * loss corrects for rare classes, it uses "balanced" weights, because training aims at those.
 */
export function validationWeights(labels: readonly number[], classes: number, training: Training): number[] {
  const { classWeights: mode, sampling, loss, effectiveBeta } = training;
  const isBalanced = sampling === "balanced" || lossDef(loss).correctsImbalance;
  return classWeights(labels, classes, mode === "none" && isBalanced ? "balanced" : mode, effectiveBeta);
}

/**
 * [C] share of each class among the labels. A class without images counts as one image, so that its
 * logarithm is finite.
 */
export function classPrior(labels: readonly number[], classes: number): number[] {
  return countsOf(labels, classes).map((count) => Math.max(1, count) / labels.length);
}
