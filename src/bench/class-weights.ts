/**
 * What makes up for rare classes: weights of the loss, and the shares that logit adjustment goes
 * by.
 */
import { lossDef } from "../engine/losses";
import type { Training } from "./training";

function countsOf(labels: readonly number[], classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label]++;
  return counts;
}

/**
 * One weight per class; a class without images weighs 0, and only those that occur count as C.
 * - "balanced": n / (C · n_c), as scikit-learn's compute_class_weight("balanced")
 * - "effective": in proportion to (1 − β) / (1 − β^n_c), scaled so that they sum to C (arXiv
 *   1901.05555)
 * - "none": 1 each
 *
 * @param labels class index of every training image
 * @param beta of "effective", from 0 to below 1
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
  // 1 − β^n without cancellation where β is close to 1.
  const inverse = counts.map((count) => (count === 0 ? 0 : -1 / Math.expm1(count * Math.log(beta))));
  const sum = inverse.reduce((total, weight) => total + weight, 0);
  return inverse.map((weight) => (weight * present) / sum);
}

/**
 * Weights of the validation loss, which is plain cross-entropy whatever the training loss: the
 * run's class weights; where there are none but sampling or loss make up for rare classes, balanced
 * ones, since that is what training then aims at.
 */
export function validationWeights(labels: readonly number[], classes: number, training: Training): number[] {
  const { classWeights: mode, sampling, loss, effectiveBeta } = training;
  const isBalanced = sampling === "balanced" || lossDef(loss).correctsImbalance;
  return classWeights(labels, classes, mode === "none" && isBalanced ? "balanced" : mode, effectiveBeta);
}

/**
 * Shares of the classes among the labels; a class without any counts as one image, so that its
 * logarithm is finite.
 */
export function classPrior(labels: readonly number[], classes: number): number[] {
  return countsOf(labels, classes).map((count) => Math.max(1, count) / labels.length);
}
