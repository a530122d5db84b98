/** The Bayesian correlated t-test equals baycomp's, and its words tell equal from unknown. */
import { describe, expect, it, test } from "vitest";
import { csvField } from "../export";
import { degreesOfFreedom, pairedDifference, standardError } from "../stats";
import { makeRecord } from "../testing";
import { practicalShares } from "./bayesian-t";
import fixture from "./fixtures/bayesian-t.json";
import { bayesianT, comparedGroups, everyPair, pairsCsv, shareText, verdictOf } from "./index";

const mcc = "matthews_corrcoef";
const primary = { metric: mcc, equivalence: 0.05 };
const runs = (method: string, values: readonly number[], metric = mcc) =>
  values.map((value, fold) => makeRecord({ method, fold, metrics: { [metric]: value } }));

describe("practicalShares", () => {
  it.each(fixture)("equals baycomp: $repeats × $folds folds, region $equivalence", (golden) => {
    const { better, equal, worse } = practicalShares(golden, golden.equivalence);
    expect(better).toBeCloseTo(golden.better, 10);
    expect(equal).toBeCloseTo(golden.equal, 10);
    expect(worse).toBeCloseTo(golden.worse, 10);
  });

  it.each(fixture)("takes baycomp's standard error from the corrected interval, $repeats × $folds folds", (golden) => {
    const { folds, repeats, a, b } = golden;
    const difference = pairedDifference(b, a, { testOverTrain: 1 / (folds - 1), repeats });
    expect(difference.mean).toBeCloseTo(golden.mean, 12);
    expect(standardError(difference)).toBeCloseTo(golden.se, 12);
    expect(difference.df).toBe(degreesOfFreedom(folds * repeats, repeats));
    expect(difference.df).toBeLessThanOrEqual(golden.df);
  });

  it("turns better and worse round where lower is better", () => {
    const posterior = { mean: 0.1, se: 0.02, df: 4 };
    const higher = practicalShares(posterior, 0.05);
    expect(practicalShares(posterior, 0.05, "lower")).toEqual({
      ...higher,
      better: higher.worse,
      worse: higher.better,
    });
    expect(practicalShares({ ...posterior, df: Number.NaN }, 0.05).equal).toBeNaN();
  });
});

describe("words", () => {
  const base = [0.5, 0.52, 0.48, 0.51, 0.49];
  const says = (other: readonly number[]) =>
    verdictOf(bayesianT, comparedGroups([...runs("a", base), ...runs("b", other)], mcc, { primary })[0]);
  const plus = (...shifts: number[]) => base.map((value, i) => value + shifts[i]);

  it("tells equal from unknown and from a difference of practical size", () => {
    expect(says(plus(0.001, -0.002, 0.002, 0, -0.001))).toMatch(
      /^A and B are practically equal: with probability > 99 % their MCC differs by at most 0\.05\.$/,
    );
    expect(says(plus(0.2, -0.2, 0.15, -0.1, 0.02))).toMatch(/^Not enough data to tell A from B: better by more than/);
    expect(says(plus(0.2, 0.21, 0.2, 0.19, 0.2))).toBe("B is better than A by more than 0.05 with probability > 99 %.");
    expect(says(plus(0.06, 0.05, 0.07, 0.06, 0.05))).toMatch(/^Not enough data to tell how much they differ: A from B/);
  });

  it("sums up many pairs", () => {
    const many = [0, 0.001, 0.3, 0.301].flatMap((shift, i) =>
      runs(
        `m${i}`,
        base.map((value, fold) => value + shift + 0.001 * ((fold * (i + 1)) % 7)),
      ),
    );
    expect(verdictOf(bayesianT, comparedGroups(many, mcc, { primary })[0])).toBe(
      "A difference of more than 0.05 has a probability of at least 95 % in 4 pairs. Practical equality, a " +
        "difference of at most 0.05, has a probability of at least 95 % in 2 pairs (M0 and M1; M2 and M3).",
    );
  });

  it("says nothing before every run is there", () => {
    const records = [
      ...runs("a", base),
      ...runs(
        "b",
        base.map((value) => value + 0.2),
      ).slice(1),
    ];
    expect(verdictOf(bayesianT, comparedGroups(records, mcc, { primary })[0])).toBe(
      "Not judged before every run is there.",
    );
  });

  it.each([
    [0.001, "< 1 %"],
    [0.5, "50 %"],
    [0.999, "> 99 %"],
    [Number.NaN, "–"],
  ])("%s is %s", (share, text) => expect(shareText(share)).toBe(text));
});

test("every pair in every metric goes into a file, the deciding metric first", () => {
  const records = [...runs("a", [0.5, 0.6, 0.4]), ...runs("b", [0.55, 0.61, 0.48])];
  const rows = everyPair(records, { primary: { metric: "brier", equivalence: 0.01 } });
  expect(rows.map(({ metric }) => metric).slice(0, 2)).toEqual(["brier", mcc]);
  expect(rows[0]).toMatchObject({ role: "decides", equivalence: 0.01, parts: 0, missingRuns: 4 });
  expect(rows[1]).toMatchObject({ role: "exploratory", a: "A", b: "B", parts: 3, data: "full" });
  const [head, first, second] = pairsCsv(rows).split("\n");
  expect(head.split(",")).toEqual(Object.keys(rows[0]));
  expect(first).toContain("Chest,full,brier,decides,A,B,,,,0.95,,,0,0.01,,,,4");
  expect(second).toContain(csvField(rows[1].difference));
});
