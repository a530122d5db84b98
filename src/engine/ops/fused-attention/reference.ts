/** What fused attention and its gradients mean, on the CPU, one query after another. */
import { emptyTensor, sizeOf, type Tensor } from "../../graph/tensor";

export interface Query {
  /**
   * Offsets of the query's row in q, of its cotangent's (and result's) in dy, and of its number in
   * logSum and delta.
   */
  q: number;
  v: number;
  index: number;
  /** Offsets of the keys' and values' matrices of this query's batch. */
  keys: number;
  values: number;
  scores: Float64Array;
}

const dotRows = (a: Tensor, i: number, b: Tensor, j: number, width: number) => {
  let sum = 0;
  for (let d = 0; d < width; d++) sum += a.data[i + d] * b.data[j + d];
  return sum;
};

/** Calls `visit` for each query with its scaled scores with all keys. */
function eachQuery(q: Tensor, k: Tensor, v: Tensor | null, scale: number, visit: (query: Query) => void): void {
  const [queries, width] = q.shape.slice(-2);
  const [keys] = k.shape.slice(-2);
  const valueWidth = v?.shape.at(-1) ?? 0;
  const scores = new Float64Array(keys);
  for (let index = 0; index < sizeOf(q.shape) / width; index++) {
    const batch = Math.floor(index / queries);
    const at = {
      q: index * width,
      v: index * valueWidth,
      index,
      keys: batch * keys * width,
      values: batch * keys * valueWidth,
    };
    for (let j = 0; j < keys; j++) scores[j] = scale * dotRows(q, at.q, k, at.keys + j * width, width);
    visit({ ...at, scores });
  }
}

function logSumOf(scores: Float64Array): number {
  const most = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  return most + Math.log(scores.reduce((sum, s) => sum + Math.exp(s - most), 0));
}

/** [..., M, 1]: log Σ exp of each query's scores. */
export function logSums([q, k]: readonly Tensor[], scale: number, shape: readonly number[]): Tensor {
  const out = emptyTensor(shape);
  eachQuery(q, k, null, scale, ({ index, scores }) => {
    out.data[index] = logSumOf(scores);
  });
  return out;
}

/** Adds `factor` · row of `from` to a row of `out`. */
function addRow(out: Float64Array, at: number, factor: number, from: Tensor, start: number, width: number): void {
  for (let d = 0; d < width; d++) out[at + d] += factor * from.data[start + d];
}

function summed(shape: readonly number[], fill: (sums: Float64Array) => void): Tensor {
  const out = emptyTensor(shape);
  const sums = new Float64Array(sizeOf(shape));
  fill(sums);
  out.data.set(sums);
  return out;
}

export const attention = ([q, k, v]: readonly Tensor[], scale: number, shape: readonly number[]): Tensor =>
  summed(shape, (sums) => {
    const width = v.shape.at(-1)!;
    eachQuery(q, k, v, scale, ({ v: at, values, scores }) => {
      const logSum = logSumOf(scores);
      scores.forEach((s, j) => addRow(sums, at, Math.exp(s - logSum), v, values + j * width, width));
    });
  });

/** Which operand the cotangent is of. */
export type CotangentSide = "Query" | "Key" | "Value";

/** Inputs q, k, v, dy, logSum, delta. */
export const operandGradient = (
  side: CotangentSide,
  [q, k, v, dy, logSum, delta]: readonly Tensor[],
  scale: number,
  shape: readonly number[],
): Tensor =>
  summed(shape, (sums) => {
    const [width, valueWidth] = [q, v].map((t) => t.shape.at(-1)!);
    eachQuery(q, k, v, scale, (at) => {
      at.scores.forEach((s, j) => {
        const weight = Math.exp(s - logSum.data[at.index]);
        const [key, value] = [at.keys + j * width, at.values + j * valueWidth];
        if (side === "Value") return addRow(sums, value, weight, dy, at.v, valueWidth);
        const slope = weight * (dotRows(dy, at.v, v, value, valueWidth) - delta.data[at.index]) * scale;
        if (side === "Query") addRow(sums, at.q, slope, k, key, width);
        else addRow(sums, key, slope, q, at.q, width);
      });
    });
  });
