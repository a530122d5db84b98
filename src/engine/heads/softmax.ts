/** From logits to probabilities, and the loss that chooses settings. */
import { type Matrix, matrix, rowOf } from "./matrix";

/**
 * Rows of logits [n, C] → rows of probabilities. −Infinity has probability 0. If a whole row is
 * −Infinity, all classes have the same probability.
 */
export function softmaxed(logits: Matrix): Matrix {
  const out = matrix(logits.rows, logits.columns);
  for (let i = 0; i < logits.rows; i++) {
    const [from, to] = [rowOf(logits, i), rowOf(out, i)];
    const highest = from.reduce((most, v) => Math.max(most, v), Number.NEGATIVE_INFINITY);
    if (highest === Number.NEGATIVE_INFINITY) {
      to.fill(1 / logits.columns);
      continue;
    }
    let sum = 0;
    for (let c = 0; c < to.length; c++) sum += to[c] = Math.exp(from[c] - highest);
    for (let c = 0; c < to.length; c++) to[c] /= sum;
  }
  return out;
}

/**
 * Smallest probability in the loss, as in scikit-learn's log_loss: one certain mistake must not
 * outweigh all else.
 */
const MIN_PROBABILITY = 2 ** -52;

/** Σ s_i·(−log p_i,y_i) / Σ s_i over rows of probabilities [n, C]; NaN without weight. */
export function logLoss(probabilities: Matrix, labels: ArrayLike<number>, weights: ArrayLike<number>): number {
  let [loss, total] = [0, 0];
  for (let i = 0; i < probabilities.rows; i++) {
    const p = probabilities.data[i * probabilities.columns + labels[i]];
    loss -= weights[i] * Math.log(Math.min(1, Math.max(MIN_PROBABILITY, p)));
    total += weights[i];
  }
  return loss / total;
}
