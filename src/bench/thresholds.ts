/**
 * Counts true and false positives at every threshold of a class's probability. ROC and
 * precision–recall curves need these counts.
 */
import type { MetricInput } from "./metric";

export interface ThresholdPoint {
  /** An image counts as positive when its probability is at least this. */
  threshold: number;
  tp: number;
  fp: number;
}

export interface ThresholdCurve {
  positives: number;
  negatives: number;
  /**
   * One point for each distinct probability, in descending order of threshold. Images with equal
   * probability enter together, as in scikit-learn.
   */
  points: ThresholdPoint[];
}

/** The curve of class `c` against all other classes. It takes O(n log n). */
export function thresholdCurve(input: MetricInput, c: number): ThresholdCurve {
  const positive = sortedScores(input, c, true);
  const negative = sortedScores(input, c, false);
  const points: ThresholdPoint[] = [];
  let p = positive.length;
  let n = negative.length;
  while (p > 0 || n > 0) {
    const threshold = Math.max(p > 0 ? positive[p - 1] : Number.NEGATIVE_INFINITY, n > 0 ? negative[n - 1] : -Infinity);
    while (p > 0 && positive[p - 1] === threshold) p--;
    while (n > 0 && negative[n - 1] === threshold) n--;
    points.push({ threshold, tp: positive.length - p, fp: negative.length - n });
  }
  return { positives: positive.length, negatives: negative.length, points };
}

/** Probabilities of class `c` in ascending order: of the images of that class, or of all others. */
function sortedScores({ truth, probabilities }: MetricInput, c: number, ofClass: boolean): Float64Array {
  const scores = new Float64Array(truth.length);
  let count = 0;
  for (let i = 0; i < truth.length; i++) if ((truth[i] === c) === ofClass) scores[count++] = probabilities[i][c];
  return scores.subarray(0, count).sort();
}
