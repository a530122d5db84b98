/** From logits to probabilities and losses. */
import type { Trainer } from "../engine/types";
import type { TrainerInputs } from "./inputs";

/** [n][C], each row sums to 1. */
export function softmaxRows(logits: Float32Array, classes: number): number[][] {
  return Array.from({ length: logits.length / classes }, (_, i) => {
    const row = Array.from(logits.subarray(i * classes, (i + 1) * classes));
    const highest = Math.max(...row);
    const powers = row.map((value) => Math.exp(value - highest));
    const sum = powers.reduce((total, value) => total + value, 0);
    return powers.map((value) => value / sum);
  });
}

/**
 * Σ w_y·(−log p_y) / Σ w_y over images, as PyTorch's `CrossEntropyLoss(weight=…)`; NaN without
 * weight.
 */
export function weightedCrossEntropy(
  logits: Float32Array,
  labels: readonly number[],
  weights: readonly number[],
): number {
  const classes = weights.length;
  let loss = 0;
  let total = 0;
  labels.forEach((label, i) => {
    const row = logits.subarray(i * classes, (i + 1) * classes);
    const highest = row.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
    const logSum = highest + Math.log(row.reduce((sum, value) => sum + Math.exp(value - highest), 0));
    loss += weights[label] * (logSum - row[label]);
    total += weights[label];
  });
  return total > 0 ? loss / total : Number.NaN;
}

/** Logits [n, C] of any number of images, a few batches at a time. */
export async function predictAll(
  trainer: Trainer,
  inputs: TrainerInputs,
  names: readonly string[],
  classes: number,
  batch: number,
  signal?: AbortSignal,
): Promise<Float32Array> {
  const logits = new Float32Array(names.length * classes);
  const chunk = batch * Math.max(1, Math.round(64 / batch));
  for (let start = 0; start < names.length; start += chunk) {
    signal?.throwIfAborted();
    const part = names.slice(start, start + chunk);
    logits.set(await trainer.predict(await inputs.gather(part, signal), part.length), start * classes);
  }
  return logits;
}
