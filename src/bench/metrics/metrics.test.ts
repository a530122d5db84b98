/**
 * Every metric equals scikit-learn on its golden cases, stays in its range, and says when it is
 * undefined.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createPrng } from "../../base";
import type { MetricInput } from "../metric";
import inputs from "./fixtures/inputs.json";
import randomOrders from "./fixtures/random-orders.json";
import { computeMetrics, metricOf, metrics } from "./index";

const inputOf = (name: string): MetricInput => {
  const found = Object.entries(inputs).find(([key]) => key === name);
  if (!found) throw new Error(`no input ${name}`);
  return found[1];
};

const simulated = (n: number, classes: number, seed: number, levels = 0): MetricInput => {
  const prng = createPrng(seed, "metrics-test");
  const truth = Array.from({ length: n }, (_, i) => (i < classes ? i : prng.below(classes)));
  const probabilities = truth.map((label) => {
    const raw = Array.from({ length: classes }, (_, c) => Math.exp(prng.normal() + (c === label ? 1 : 0)));
    const rounded = levels ? raw.map((x) => Math.ceil(x * levels)) : raw;
    const sum = rounded.reduce((a, b) => a + b);
    return rounded.map((x) => x / sum);
  });
  return { truth, probabilities, classes };
};

describe.each(metrics.map((metric) => [metric.id, metric] as const))("%s", (_, metric) => {
  it.each(metric.cases.map((c) => [c.input, c] as const))("equals scikit-learn on %s", (_, { input, expected }) => {
    const value = metric.compute(inputOf(input));
    if (Number.isNaN(expected)) expect(value).toBeNaN();
    else expect(Math.abs(value - expected)).toBeLessThan(1e-12);
  });

  it("has golden cases for two and more classes", () => {
    expect(metric.cases.length).toBeGreaterThanOrEqual(8);
    expect(metric.description.length).toBeGreaterThan(20);
  });

  it("stays in its range and does not depend on the order of the images", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 2, max: 5 }), fc.constantFrom(0, 1, 3), (seed, classes, levels) => {
        const input = simulated(30, classes, seed, levels);
        const value = metric.compute(input);
        expect(value).toBeGreaterThanOrEqual(metric.range[0]);
        expect(value).toBeLessThanOrEqual(metric.range[1] + 1e-12);
        const order = createPrng(seed).shuffled(Array.from({ length: 30 }, (_, i) => i));
        const truth = order.map((i) => input.truth[i]);
        const probabilities = order.map((i) => input.probabilities[i]);
        expect(metric.compute({ truth, probabilities, classes })).toBeCloseTo(value, 10);
      }),
      { numRuns: 30 },
    );
  });

  it("is undefined without images and with a probability that is not finite", () => {
    expect(metric.compute({ truth: [], probabilities: [], classes: 2 })).toBeNaN();
    const probabilities = [[Number.NaN, Number.NaN]].concat([[0.5, 0.5]]);
    expect(metric.compute({ truth: [0, 1], probabilities, classes: 2 })).toBeNaN();
  });
});

describe("the registry", () => {
  it("has the metrics in order of rank, under unique ids", () => {
    expect(metrics.map((metric) => metric.id).slice(0, 4)).toEqual([
      "matthews_corrcoef",
      "average_precision",
      "roc_auc",
      "balanced_accuracy",
    ]);
    expect(new Set(metrics.map((metric) => metric.id)).size).toBe(metrics.length);
    expect(() => metricOf("nothing")).toThrow(/no metric/);
  });

  it("keeps undefined values as null", () => {
    const values = computeMetrics(inputOf("one-class"));
    expect(values.roc_auc).toBeNull();
    expect(values.accuracy).toBeCloseTo(2 / 3);
    expect(Object.keys(values).length).toBe(metrics.length);
  });

  it("states what knowing nothing reaches", () => {
    const of = (id: string) => metricOf(id).baseline!.of([0.8, 0.2], 50);
    expect(of("brier")).toBeCloseTo(0.16);
    // scipy.stats.entropy of [0.8, 0.2], and of [1, 0], where 0 · log 0 counts as 0.
    expect(of("log_loss")).toBeCloseTo(0.5004024235381879, 14);
    expect(metricOf("log_loss").baseline!.of([1, 0], 50)).toBeCloseTo(0, 14);
  });
});

describe("chance of average precision", () => {
  const chance = metricOf("average_precision").baseline!.of;

  it.each(randomOrders)("equals scikit-learn's mean over all orders of $positives in $images", (row) => {
    const share = row.positives / row.images;
    expect(chance([1 - share, share], row.images)).toBeCloseTo(row.mean, 13);
  });

  it("comes close to the prevalence with many images, and is the mean of several classes", () => {
    expect(chance([0.8, 0.2], 1e6)).toBeCloseTo(0.2, 4);
    const each = [0.5, 0.3, 0.2].map((share) => chance([1 - share, share], 40));
    expect(chance([0.5, 0.3, 0.2], 40)).toBeCloseTo((each[0] + each[1] + each[2]) / 3, 14);
    expect(chance([1, 0], 40)).toBeNaN();
  });

  it("is what random scores reach", () => {
    const prng = createPrng(7, "chance");
    const truth = Array.from({ length: 30 }, (_, i) => (i < 9 ? 1 : 0));
    let sum = 0;
    for (let run = 0; run < 4000; run++) {
      const probabilities = truth.map(() => prng.uniform()).map((p) => [1 - p, p]);
      sum += metricOf("average_precision").compute({ truth, probabilities, classes: 2 });
    }
    // The standard error of the mean is about 0.002.
    expect(Math.abs(sum / 4000 - chance([0.7, 0.3], 30))).toBeLessThan(0.006);
  });
});

describe("log loss", () => {
  const loss = (probabilities: number[][], truth: number[]) =>
    metricOf("log_loss").compute({ truth, probabilities, classes: probabilities[0].length });

  it("divides a row by its sum", () => {
    // By hand: −ln(0.2 / (0.2 + 0.6)) = ln 4, and the mean with −ln(0.1 / 0.2) = ln 2.
    expect(loss([[0.2, 0.6]], [0])).toBeCloseTo(Math.log(4), 14);
    expect(
      loss(
        [
          [0.2, 0.6],
          [0.1, 0.1],
        ],
        [0, 1],
      ),
    ).toBeCloseTo((Math.log(4) + Math.log(2)) / 2, 14);
  });

  it("keeps probabilities off 0 and 1", () => {
    // sk.log_loss([0, 1], [[0, 1], [0, 1]], labels=[0, 1]) = 18.021826694558577
    const rows = [
      [0, 1],
      [0, 1],
    ];
    expect(loss(rows, [0, 1])).toBeCloseTo(18.021826694558577, 12);
  });
});
