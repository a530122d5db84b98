/** Friedman's and Nemenyi's tests equal SciPy's and scikit-posthocs'. */
import { expect, it } from "vitest";
import golden from "../comparisons/fixtures/friedman.json";
import { compareRanks, rangeQuantile, rangeTail } from "./index";

it.each(golden.cases)(
  "ranks, χ² and p-values of $values.length blocks",
  ({ values, chiSquare, p, meanRanks, pairP }) => {
    const result = compareRanks(values);
    result.meanRanks.forEach((rank, j) => expect(rank).toBeCloseTo(meanRanks[j], 12));
    expect(result.chiSquare).toBeCloseTo(chiSquare, 10);
    expect(result.p).toBeCloseTo(p, 10);
    result.pairP.forEach((row, i) => row.forEach((value, j) => expect(value).toBeCloseTo(pairP[i][j], 6)));
  },
);

it.each(golden.ranges)("the studentised range of $k at $p", ({ k, p, q }) => {
  expect(rangeQuantile(p, k)).toBeCloseTo(q, 6);
  expect(1 - rangeTail(q, k)).toBeCloseTo(p, 8);
});

it("the critical difference is Demšar's: q 2.343 for three treatments", () => {
  const { criticalDifference } = compareRanks(golden.cases[0].values);
  expect(criticalDifference).toBeCloseTo(2.343 * Math.sqrt(12 / 30), 3);
});

it("equal values have no χ² and no p, and one order in every block has p 0", () => {
  const same = compareRanks([
    [1, 1, 1],
    [1, 1, 1],
  ]);
  expect([same.chiSquare, same.p]).toEqual([Number.NaN, Number.NaN]);
  expect(
    compareRanks([
      [3, 2, 1],
      [6, 5, 4],
    ]).p,
  ).toBe(0);
});
