/**
 * Several treatments over blocks by their ranks: Friedman's test in the form of Iman & Davenport
 * 1980, and the Nemenyi test behind it, as Demšar 2006 (JMLR 7:1–30) advises for classifiers.
 */
import { incompleteBeta, normalTwoSided } from "./special";

export interface RankComparison {
  /** [treatments] mean rank; 1 is best, ties share their mean rank. */
  meanRanks: number[];
  blocks: number;
  /** Friedman's χ² with its correction for ties; NaN where all ranks are tied. */
  chiSquare: number;
  /** p-value of no difference at all, from Iman and Davenport's F. */
  p: number;
  /** [treatments][treatments] Nemenyi's p-values, adjusted for all pairs; 1 on the diagonal. */
  pairP: number[][];
  /** Two mean ranks that differ by more differ at this level. */
  criticalDifference: number;
  level: number;
}

/**
 * @param values [blocks][treatments], complete; larger is better
 */
export function compareRanks(values: readonly (readonly number[])[], level = 0.95): RankComparison {
  const [N, k] = [values.length, values[0].length];
  const ranks = values.map(ranksOf);
  const meanRanks = values[0].map((_, j) => ranks.reduce((sum, row) => sum + row[j], 0) / N);
  const expected = (k + 1) / 2;
  const between = N * N * meanRanks.reduce((sum, rank) => sum + (rank - expected) ** 2, 0);
  const within = ranks.flat().reduce((sum, rank) => sum + (rank - expected) ** 2, 0);
  // Without ties this is 12N/(k(k+1)) · Σ (R_j − (k+1)/2)².
  const chiSquare = within === 0 ? Number.NaN : ((k - 1) * between) / within;
  const F = ((N - 1) * chiSquare) / (N * (k - 1) - chiSquare);
  const unit = Math.sqrt((k * (k + 1)) / (6 * N));
  const pairP = meanRanks.map((a) => meanRanks.map((b) => rangeTail((Math.abs(a - b) / unit) * Math.SQRT2, k)));
  return {
    meanRanks,
    blocks: N,
    chiSquare,
    p: fTail(F, k - 1, (k - 1) * (N - 1)),
    pairP,
    criticalDifference: (rangeQuantile(level, k) / Math.SQRT2) * unit,
    level,
  };
}

/** Ranks from 1 for the largest value; ties share their mean rank. */
function ranksOf(row: readonly number[]): number[] {
  return row.map((value) => {
    const above = row.filter((other) => other > value).length;
    const same = row.filter((other) => other === value).length;
    return above + (same + 1) / 2;
  });
}

/** P(F ≥ f) with d1 and d2 degrees of freedom. */
function fTail(f: number, d1: number, d2: number): number {
  if (Number.isNaN(f)) return Number.NaN;
  return f === Number.POSITIVE_INFINITY || f < 0 ? 0 : incompleteBeta(d2 / (d2 + d1 * f), d2 / 2, d1 / 2);
}

const normalCdf = (z: number) => (z < 0 ? normalTwoSided(z) / 2 : 1 - normalTwoSided(z) / 2);

/**
 * P(Q ≥ q) of the studentised range of k values with infinite degrees of freedom:
 * 1 − k ∫ φ(z) (Φ(z) − Φ(z − q))^(k−1) dz, by Simpson's rule.
 */
export function rangeTail(q: number, k: number): number {
  if (q <= 0) return 1;
  const [from, to, steps] = [-8, 8, 400];
  const step = (to - from) / steps;
  let sum = 0;
  for (let i = 0; i <= steps; i++) {
    const z = from + i * step;
    const weight = i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2;
    const inside = normalCdf(z) - normalCdf(z - q);
    sum += (weight * Math.exp((-z * z) / 2) * inside ** (k - 1)) / Math.sqrt(2 * Math.PI);
  }
  return Math.min(1, Math.max(0, 1 - (k * sum * step) / 3));
}

/** The q with P(Q ≤ q) = p, by bisection. */
export function rangeQuantile(p: number, k: number): number {
  let [low, high] = [0, 20];
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (1 - rangeTail(middle, k) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
