/**
 * Elementwise comparison of two lists of numbers, as numpy.isclose has it: |got − want| ≤ rtol ·
 * |want| + atol. The absolute part is given for each element or for all, so that a small number is
 * held to its own size and not to that of the largest.
 */

export interface Comparison {
  got: ArrayLike<number>;
  want: ArrayLike<number>;
  rtol: number;
  /** Difference that is allowed whatever the size of the number: of each element, or of all. */
  atol: number | ArrayLike<number>;
  /** Ranges [from, to) that are not compared. */
  skip?: readonly (readonly [number, number])[];
}

export interface Worst {
  /**
   * max |got − want| / (|want| + atol / rtol): at most `rtol` where all are close; infinite for NaN
   * and other lengths.
   */
  error: number;
  /** Its position; −1 where nothing differs or the lengths do. */
  at: number;
}

/** The element that differs most, by the share of its allowance that it uses. */
export function worstElement({ got, want, rtol, atol, skip = [] }: Comparison): Worst {
  if (got.length !== want.length) return { error: Number.POSITIVE_INFINITY, at: -1 };
  const worst: Worst = { error: 0, at: -1 };
  for (let i = 0; i < want.length; i++) {
    if (skip.some(([from, to]) => i >= from && i < to) || Object.is(got[i], want[i])) continue;
    const difference = Math.abs(got[i] - want[i]);
    if (difference === 0) continue;
    const relative = difference / (Math.abs(want[i]) + (typeof atol === "number" ? atol : atol[i]) / rtol);
    // NaN, and infinity by infinity.
    const error = Number.isNaN(relative) ? Number.POSITIVE_INFINITY : relative;
    if (error > worst.error) [worst.error, worst.at] = [error, i];
  }
  return worst;
}
