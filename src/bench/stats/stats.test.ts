/** Statistics equal SciPy's, and the bootstrap by patient resamples as it says. */
import { describe, expect, it } from "vitest";
import { createPrng } from "../../base";
import scipy from "./fixtures/scipy.json";
import {
  correctedInterval,
  degreesOfFreedom,
  detectableDifference,
  holm,
  incompleteBeta,
  lnGamma,
  mean,
  normalQuantile,
  pairedDifference,
  patientBootstrap,
  plainInterval,
  quantile,
  standardDeviation,
  studentCdf,
  studentQuantile,
  wilsonInterval,
} from "./index";

const near = (value: number, expected: number, relative = 1e-10) =>
  expect(Math.abs(value - expected), `${value} against ${expected}`).toBeLessThanOrEqual(
    relative * Math.max(1e-3, Math.abs(expected)),
  );

describe("special functions equal SciPy", () => {
  it.each(scipy.lgamma)("ln gamma of $x", ({ x, value }) => near(lnGamma(x), value, 1e-12));
  it.each(scipy.beta)("I_$x($a, $b)", ({ x, a, b, value }) => near(incompleteBeta(x, a, b), value));
  it.each(scipy.p)("P(T ≤ $t), df $df", ({ t, df, p }) => near(studentCdf(t, df), p));
  it.each(scipy.t)("t quantile $q, df $df", ({ df, q, t }) => near(studentQuantile(q, df), t));
  it.each(scipy.normal)("normal quantile $q", ({ q, z }) => near(normalQuantile(q), z));
  it.each([0, 1, -0.1, 1.1, Number.NaN])("no quantile of %s, which is outside (0, 1)", (p) => {
    expect(() => normalQuantile(p)).toThrow(`quantile of ${p}`);
    expect(() => studentQuantile(p, 5)).toThrow(`quantile of ${p}`);
  });
  it.each(scipy.quantile.values)("sample quantile $q", ({ q, value }) => near(quantile(scipy.quantile.x, q), value));
});

describe("wilsonInterval", () => {
  it.each(scipy.wilson)("$successes of $n at $level equals SciPy", ({ successes, n, level, low, high }) => {
    const interval = wilsonInterval(successes, n, level);
    near(interval.low, low);
    near(interval.high, high);
    expect(interval.level).toBe(level);
  });
  it("has the level 0.95 where none is given", () =>
    expect(wilsonInterval(3, 10)).toEqual(wilsonInterval(3, 10, 0.95)));
  it("is undefined without trials", () => {
    expect(wilsonInterval(0, 0, 0.9)).toEqual({ low: Number.NaN, high: Number.NaN, level: 0.9 });
  });
});

describe("means and differences", () => {
  const { a, b, folds } = scipy.paired;

  it("gives SciPy's t interval for independent values", () => {
    const result = plainInterval(a);
    for (const key of ["mean", "sd", "low", "high"] as const) near(result[key], scipy.paired.mean[key]);
    expect(result.n).toBe(10);
  });

  it("widens it for overlapping training sets by √(1 + n/(k − 1))", () => {
    const width = (r: { low: number; high: number }) => r.high - r.low;
    near(
      width(correctedInterval(a, { testOverTrain: 1 / (folds - 1) })) / width(plainInterval(a)),
      Math.sqrt(1 + 10 / 4),
    );
  });

  it("leaves undefined values out, and needs two for an interval", () => {
    expect(correctedInterval([0.5, Number.NaN], { testOverTrain: 1 / 4 })).toMatchObject({
      mean: 0.5,
      n: 1,
      sd: Number.NaN,
      low: Number.NaN,
    });
    expect(correctedInterval([], { testOverTrain: 1 / 4 })).toMatchObject({ mean: Number.NaN, n: 0 });
  });

  it("gives the corrected resampled t-test", () => {
    const result = pairedDifference(a, b, { testOverTrain: 1 / (folds - 1) });
    for (const key of ["mean", "low", "high", "p"] as const) near(result[key], scipy.paired.difference[key]);
    expect(result.p).toBeGreaterThan(scipy.paired.plainP);
  });

  it("takes equal differences for no evidence, rounded or not, and needs two pairs", () => {
    const options = { testOverTrain: 1 / 4 };
    const none = { low: Number.NaN, high: Number.NaN, p: Number.NaN, sd: 0 };
    expect(pairedDifference([1, 2], [1, 2], options)).toMatchObject({ mean: 0, ...none });
    expect(pairedDifference([2, 3], [1, 2], options)).toMatchObject({ mean: 1, ...none });
    // 0.1 + 0.2 − 0.3 is 5.6e-17: a spread of rounding only.
    expect(pairedDifference([0.1 + 0.2, 0.5, 0.7], [0.3, 0.5, 0.7], options)).toMatchObject(none);
    expect(pairedDifference([1], [0], options).p).toBeNaN();
  });

  it("counts at most twice the degrees of freedom of one partition", () => {
    expect([degreesOfFreedom(5, 1), degreesOfFreedom(25, 5), degreesOfFreedom(10, 2)]).toEqual([4, 8, 8]);
    expect(degreesOfFreedom(6, 3)).toBe(2);
    const repeated = correctedInterval(a, { testOverTrain: 1 / 4, repeats: 2 });
    expect(repeated.df).toBe(8);
    expect(repeated.low).toBeLessThan(correctedInterval(a, { testOverTrain: 1 / 4 }).low);
  });

  it("tells the difference that would be found in 4 of 5 studies", () => {
    // (t_0.975 + t_0.8)·SE with df 9 and SE 1, by SciPy's t.ppf: 2.2621571628 + 0.8834038597.
    const unit = { mean: 0, sd: 1, n: 10, df: 9, low: -2.2621571628, high: 2.2621571628, level: 0.95 };
    near(detectableDifference(unit), 3.1455610225, 1e-9);
    expect(detectableDifference(unit, 0.99)).toBeGreaterThan(detectableDifference(unit));
    expect(detectableDifference({ ...unit, df: Number.NaN })).toBeNaN();
  });

  it("adjusts p-values after Holm", () => {
    expect(holm([0.01, 0.04, 0.03, Number.NaN])).toEqual([0.03, 0.06, 0.06, Number.NaN]);
    expect(holm([0.9, 0.8])).toEqual([1, 1]);
  });
});

describe("patientBootstrap", () => {
  const prng = createPrng(1, "bootstrap-test");
  const items = Array.from({ length: 200 }, (_, i) => ({ patient: `p${i}`, truth: i < 150 ? 0 : 1, x: prng.normal() }));
  const meanOf = (from: { x: number }[]) => (indices: Int32Array) => mean([...indices].map((i) => from[i].x));

  it("agrees with the t interval for the mean of independent values", () => {
    const result = patientBootstrap(items, meanOf(items), { seed: 0, resamples: 4000 });
    const plain = plainInterval(items.map((item) => item.x));
    expect(Math.abs(result.low - plain.low)).toBeLessThan(0.025);
    expect(Math.abs(result.high - plain.high)).toBeLessThan(0.025);
    expect(result).toMatchObject({ resamples: 4000, skipped: 0, patients: 200, level: 0.95 });
    expect(result.value).toBeCloseTo(plain.mean, 12);
  });

  it("is not narrowed by repeating each patient's image", () => {
    const four = items.flatMap((item) => [item, item, item, item]);
    const once = patientBootstrap(items, meanOf(items), { seed: 5 });
    expect(patientBootstrap(four, meanOf(four), { seed: 5 }).low).toBeCloseTo(once.low, 10);
  });

  it("keeps the class balance, is repeatable, and counts skipped resamples", () => {
    const positives: number[] = [];
    const options = { seed: 3, resamples: 1000 };
    const statistic = (indices: Int32Array) => {
      positives.push(indices.reduce((sum, i) => sum + items[i].truth, 0));
      return items[indices[0]].x > 0 ? Number.NaN : items[indices[0]].x;
    };
    const one = patientBootstrap(items, statistic, options);
    expect(new Set(positives)).toEqual(new Set([50]));
    expect(one.skipped).toBeGreaterThan(300);
    expect(one.skipped).toBeLessThan(700);
    expect(patientBootstrap(items, statistic, options)).toEqual(one);
    expect(patientBootstrap(items, () => Number.NaN, options)).toMatchObject({ skipped: 1000, low: Number.NaN });
    expect(() => patientBootstrap(items, statistic, { seed: 0, resamples: 10 })).toThrow(/1,000/);
  });
});

describe("summaries", () => {
  it("are NaN of too little", () => {
    expect(mean([])).toBeNaN();
    expect(standardDeviation([1])).toBeNaN();
    expect(quantile([], 0.5)).toBeNaN();
  });
});
