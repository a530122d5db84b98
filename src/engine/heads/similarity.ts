/**
 * Similarities of features, for methods that compare an image with training images or with their
 * means.
 */
import { addScaled, dot, type Matrix, matrix, rowOf, timesTransposed } from "./matrix";

/**
 * - cosine: of the angle between two features, from −1 to 1
 * - euclidean: −|x − y|² / 2v, where v is the mean squared distance of the training images from
 *   their mean, so that a feature's unit does not matter. On normalised features that spread evenly
 *   it equals the cosine up to a constant.
 */
export const similarityIds = ["cosine", "euclidean"] as const;
export type SimilarityId = (typeof similarityIds)[number];

/** Normalises rows to length 1. A row of zeros stays zero. */
export function normalized(x: Matrix): Matrix {
  const out = matrix(x.rows, x.columns);
  for (let i = 0; i < x.rows; i++) {
    const row = rowOf(x, i);
    const norm = Math.sqrt(dot(row, row));
    if (norm > 0) addScaled(rowOf(out, i), 1 / norm, row);
  }
  return out;
}

/** The rows' mean [D] and their mean squared distance from it, or 1 if all rows are equal. */
export function spreadOf(x: Matrix): { center: Float64Array; variance: number } {
  const center = new Float64Array(x.columns);
  for (let i = 0; i < x.rows; i++) addScaled(center, 1 / x.rows, rowOf(x, i));
  let sum = 0;
  for (let i = 0; i < x.rows; i++) {
    const row = rowOf(x, i);
    for (let d = 0; d < center.length; d++) sum += (row[d] - center[d]) ** 2;
  }
  return { center, variance: sum > 0 ? sum / x.rows : 1 };
}

/**
 * Similarity of every row [n, D] to every training image: [n, images]. Equal training images have
 * exactly the same similarity.
 */
export function similarityTo(training: Matrix, id: SimilarityId): (x: Matrix) => Matrix {
  if (id === "cosine") {
    const keys = normalized(training);
    return (x) => timesTransposed(normalized(x), keys);
  }
  const { variance } = spreadOf(training);
  const halfSquares = (m: Matrix) => Float64Array.from({ length: m.rows }, (_, i) => dot(rowOf(m, i), rowOf(m, i)) / 2);
  const ofKeys = halfSquares(training);
  return (x) => {
    const out = timesTransposed(x, training);
    const own = halfSquares(x);
    for (let i = 0; i < x.rows; i++) {
      const row = rowOf(out, i);
      for (let k = 0; k < row.length; k++) row[k] = (row[k] - own[i] - ofKeys[k]) / variance;
    }
    return out;
  };
}
