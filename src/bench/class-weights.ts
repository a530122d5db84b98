/** Class weights of the loss, and what they make of a batch. */
import type { Training } from "./training";

/**
 * One weight per class. "balanced": n / (C · n_c) with C the classes that occur, as scikit-learn's
 * compute_class_weight("balanced"); a class without images weighs 0. "none": 1 each.
 *
 * @param labels class index of every training image
 */
export function classWeights(labels: readonly number[], classes: number, mode: Training["classWeights"]): number[] {
  if (mode === "none") return new Array<number>(classes).fill(1);
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label]++;
  const present = counts.filter((count) => count > 0).length;
  return counts.map((count) => (count === 0 ? 0 : labels.length / (present * count)));
}

/**
 * [n] weights of a batch's losses that sum to 1: the weighted mean of PyTorch's `CrossEntropyLoss(weight=…)`,
 * Σ w_yi·l_i / Σ w_yi. All zero if no image has weight.
 */
export function batchWeights(labels: readonly number[], weights: readonly number[]): Float32Array {
  const total = labels.reduce((sum, label) => sum + weights[label], 0);
  return Float32Array.from(labels, (label) => (total > 0 ? weights[label] / total : 0));
}
