/** The comparison follows numpy.isclose's definition and holds small elements to their own size. */
import { describe, expect, test } from "vitest";
import { worstElement } from "./closeness";

const rtol = 1e-3;
const error = (got: readonly number[], want: readonly number[], atol: number | readonly number[] = 0) =>
  worstElement({ got, want, rtol, atol }).error;

describe("worstElement", () => {
  test("sees the wrong sign of a small number beside a large one", () => {
    const want = [1e3, 1e-4, -1e-5];
    expect(error([1e3, 1e-4, -1e-5], want, 1e-6)).toBe(0);
    expect(error([1e3, -1e-4, -1e-5], want, 1e-6)).toBeGreaterThan(rtol);
    expect(error([1e3, 1e-4, 1e-5], want, 1e-6)).toBeGreaterThan(rtol);
  });

  test("accepts exactly where |got − want| ≤ rtol · |want| + atol", () => {
    for (const want of [-2, 0.5, 1e-6]) {
      for (const atol of [0, 1e-7, 1e-2]) {
        const allowed = rtol * Math.abs(want) + atol;
        expect(error([want + 0.99 * allowed], [want], atol)).toBeLessThanOrEqual(rtol);
        expect(error([want - 0.99 * allowed], [want], atol)).toBeLessThanOrEqual(rtol);
        expect(error([want + 1.01 * allowed], [want], atol)).toBeGreaterThan(rtol);
        expect(error([want - 1.01 * allowed], [want], atol)).toBeGreaterThan(rtol);
      }
    }
  });

  test("takes the absolute part of each element, and gives the worst one's position", () => {
    const comparison = { got: [1.5, 2.5], want: [1, 2], rtol };
    expect(worstElement({ ...comparison, atol: [1, 1e-9] })).toMatchObject({ at: 1 });
    expect(worstElement({ ...comparison, atol: [1e-9, 1] })).toMatchObject({ at: 0 });
    expect(error([1.5, 2.5], [1, 2], [0.5, 0.5])).toBeLessThanOrEqual(rtol);
  });

  test("leaves skipped ranges out, their ends excluded", () => {
    const skip = [[1, 3]] as const;
    const want = [0, 0, 0, 0];
    expect(worstElement({ got: [0, 9, 9, 0], want, rtol, atol: 0, skip })).toEqual({ error: 0, at: -1 });
    expect(worstElement({ got: [0, 9, 9, 9], want, rtol, atol: 0, skip }).at).toBe(3);
    expect(worstElement({ got: [9, 9, 9, 0], want, rtol, atol: 0, skip }).at).toBe(0);
  });

  test("counts NaN, infinities, missing and surplus numbers as infinitely far", () => {
    const far = Number.POSITIVE_INFINITY;
    expect(worstElement({ got: [1, Number.NaN], want: [1, 2], rtol, atol: 1 })).toEqual({ error: far, at: 1 });
    expect(error([far], [1])).toBe(far);
    expect(error([far], [-far])).toBe(far);
    expect(error([1], [far])).toBe(far);
    expect(error([far], [far])).toBe(0);
    expect(error([1], [1, 2])).toBe(far);
    expect(error([1, 2], [1])).toBe(far);
    expect(error([1e-30], [0])).toBe(far);
  });
});
