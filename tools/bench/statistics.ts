/** Ratios of repetitions, and the difference of two results. */
import { median } from "../../src/bench/stats/summary";

/**
 * Median of the ratios between the values of the same turn. Returns NaN if either list has no
 * values.
 */
export const ratioInTurns = (values: readonly number[], to: readonly number[]) =>
  median(values.map((value, i) => value / to[i]));

/** max |a − b| / max |b|; infinite if the lengths differ or a value is NaN. */
export function relativeDifference(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let scale = 1e-12;
  for (let i = 0; i < b.length; i++) {
    const d = Math.abs(a[i] - b[i]);
    if (Number.isNaN(d)) return Number.POSITIVE_INFINITY;
    difference = Math.max(difference, d);
    scale = Math.max(scale, Math.abs(b[i]));
  }
  return difference / scale;
}
