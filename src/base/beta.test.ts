/**
 * Draws from the beta distribution have the right moments, stay in [0, 1], and repeat with the
 * seed.
 */
import { describe, expect, it } from "vitest";
import { drawBeta } from "./beta";
import { createPrng } from "./prng";

const sample = (a: number, b: number, n = 20_000) => {
  const prng = createPrng(5, "beta test");
  return Array.from({ length: n }, () => drawBeta(prng, a, b));
};

describe("drawBeta", () => {
  // The mean is a/(a+b) and the variance ab/((a+b)²(a+b+1)). The share below ¼ comes from
  // scipy.stats.beta.cdf(0.25, a, b).
  it.each([
    [0.2, 0.2, 0.41406],
    [1, 1, 0.25],
    [2, 5, 0.46606],
    [8, 8, 0.0173],
  ])("has the moments and quantiles of Beta(%d, %d)", (a, b, below) => {
    const draws = sample(a, b);
    const mean = draws.reduce((sum, x) => sum + x, 0) / draws.length;
    const variance = draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) / draws.length;
    expect(mean).toBeCloseTo(a / (a + b), 1.9);
    expect(Math.abs(variance / ((a * b) / ((a + b) ** 2 * (a + b + 1))) - 1)).toBeLessThan(0.05);
    expect(Math.abs(draws.filter((x) => x < 0.25).length / draws.length - below)).toBeLessThan(0.015);
  });

  it("stays a number in [0, 1] where the draws are all but 0 and 1", () => {
    for (const x of sample(1e-3, 1e-3, 2000)) expect(x >= 0 && x <= 1).toBe(true);
  });

  it("repeats with the seed", () => expect(sample(0.4, 0.4, 10)).toEqual(sample(0.4, 0.4, 10)));
});
