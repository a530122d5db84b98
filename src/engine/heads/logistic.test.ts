/** Logistic regression equals scikit-learn's, and handles classes without images. */
import { describe, expect, it } from "vitest";
import golden from "./fixtures/logistic.json";
import { applyHead, createLogisticSolver } from "./logistic";
import { matrix } from "./matrix";
import { softmaxed } from "./softmax";

const rows = (list: readonly (readonly number[])[]) =>
  matrix(list.length, list[0].length, Float64Array.from(list.flat()));
const problemOf = ({ features, labels, classes, classWeights }: (typeof golden)[number]) => ({
  features: rows(features),
  labels,
  classes,
  weights: labels.map((label) => classWeights[label]),
});

describe.each(golden)("$name", (c) => {
  const solver = createLogisticSolver(problemOf(c));

  it.each(c.fits)("agrees with scikit-learn at C = $C", ({ C, probabilities }) => {
    const fit = solver.path().fit(C);
    expect(fit.converged).toBe(true);
    const got = softmaxed(applyHead(fit.head, rows(c.unseen)));
    probabilities.flat().forEach((p, k) => void expect(Math.abs(got.data[k] - p)).toBeLessThan(2e-5));
  });

  it("ends at the same place along a path", () => {
    const cold = solver.path().fit(1);
    const path = solver.path();
    const [, , warm] = [0.01, 0.1, 1].map((C) => path.fit(C));
    cold.head.weight.data.forEach((v, k) => void expect(warm.head.weight.data[k]).toBeCloseTo(v, 5));
  });
});

it("refuses images of one class", () => {
  const problem = { features: rows([[1], [2]]), labels: [1, 1], weights: [1, 1], classes: 2 };
  expect(() => createLogisticSolver(problem)).toThrow(/two classes/);
});

it("gives a class without training images no chance", () => {
  const problem = { features: rows([[1], [2], [-1], [-2]]), labels: [0, 0, 2, 2], weights: [1, 1, 1, 1], classes: 3 };
  const { head } = createLogisticSolver(problem).path().fit(1);
  const [first, absent, last] = softmaxed(applyHead(head, rows([[1]]))).data;
  expect(absent).toBe(0);
  expect(first).toBeGreaterThan(last);
});
