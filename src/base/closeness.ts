/**
 * Compares two lists of numbers element by element, as numpy.isclose does: |got − want| ≤ rtol ·
 * |want| + atol. `atol` may differ per element, so that a small number is held to its own size and
 * not to that of the largest one.
 */

/** The distance from 1 to the next larger float32 number, as numpy.finfo(float32).eps. */
export const FLOAT32_EPSILON = 2 ** -23;

export interface ElementComparison {
  got: ArrayLike<number>;
  want: ArrayLike<number>;
  rtol: number;
  /** Allowed difference whatever the number's size: one for all elements, or one for each. */
  atol: number | ArrayLike<number>;
  /** Ranges [from, to) of positions that the comparison skips. */
  skip?: readonly (readonly [number, number])[];
}

export interface Worst {
  /**
   * max |got − want| / (|want| + atol / rtol). It is at most `rtol` where all elements are close,
   * and infinite where the lengths differ or only one of two elements is NaN.
   */
  error: number;
  /** The position of that element; −1 where all elements are equal or the lengths differ. */
  at: number;
}

/** Finds the element that uses the largest share of its allowed difference. */
export function worstElement({ got, want, rtol, atol, skip = [] }: ElementComparison): Worst {
  if (got.length !== want.length) return { error: Number.POSITIVE_INFINITY, at: -1 };
  const worst: Worst = { error: 0, at: -1 };
  for (let i = 0; i < want.length; i++) {
    if (skip.some(([from, to]) => i >= from && i < to) || Object.is(got[i], want[i])) continue;
    const difference = Math.abs(got[i] - want[i]);
    if (difference === 0) continue;
    const relative = difference / (Math.abs(want[i]) + (typeof atol === "number" ? atol : atol[i]) / rtol);
    // Covers a NaN on one side, and infinity divided by infinity.
    const error = Number.isNaN(relative) ? Number.POSITIVE_INFINITY : relative;
    if (error > worst.error) [worst.error, worst.at] = [error, i];
  }
  return worst;
}
