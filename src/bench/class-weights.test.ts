/** Class weights equal scikit-learn's and those of arXiv 1901.05555; a class may lack images. */
import { describe, expect, it } from "vitest";
import { classPrior, classWeights, validationWeights } from "./class-weights";
import { trainingSchema } from "./training";

const digits = (values: readonly number[]) => values.map((value) => value.toFixed(9));

describe("classWeights", () => {
  it("balances as scikit-learn's compute_class_weight('balanced')", () => {
    // compute_class_weight("balanced", classes=[0, 1, 2], y=[0, 0, 0, 0, 1, 1, 2]) → [7/12, 7/6,
    // 7/3]
    expect(digits(classWeights([0, 0, 0, 0, 1, 1, 2], 3, "balanced"))).toEqual(digits([7 / 12, 7 / 6, 7 / 3]));
  });

  it("gives an absent class no weight, and weighs all alike when off", () => {
    expect(classWeights([0, 0, 2, 2], 3, "balanced")).toEqual([1, 0, 1]);
    expect(classWeights([0, 0, 2, 2], 3, "effective")).toEqual([1, 0, 1]);
    expect(classWeights([0, 0, 1], 2, "none")).toEqual([1, 1]);
  });

  it("weighs by the effective number of images, and sums to the number of classes", () => {
    const labels = [
      ...new Array<number>(900).fill(0),
      ...new Array<number>(90).fill(1),
      ...new Array<number>(9).fill(2),
    ];
    // NumPy: w = (1 - 0.999) / (1 - 0.999 ** np.array([900, 90, 9])); w / w.sum() * 3
    const expected = [0.04047765, 0.2790394, 2.68048295];
    classWeights(labels, 3, "effective", 0.999).forEach((w, c) => void expect(w).toBeCloseTo(expected[c], 8));
    expect(classWeights(labels, 3, "effective", 0)).toEqual([1, 1, 1]);
    // As β tends to 1, the weights become the balanced ones: 1 − β^n → n·(1 − β).
    const balanced = classWeights(labels, 3, "balanced");
    const scale = 3 / balanced.reduce((a, b) => a + b);
    const near = classWeights(labels, 3, "effective", 1 - 1e-12);
    near.forEach((w, c) => void expect(w).toBeCloseTo(balanced[c] * scale, 6));
  });
});

describe("validationWeights", () => {
  const weights = (settings: object) => validationWeights([0, 0, 0, 1], 2, trainingSchema.parse(settings));

  it("are the run's own", () => {
    expect(weights({})).toEqual([4 / 6, 2]);
    expect(weights({ classWeights: "none" })).toEqual([1, 1]);
    expect(weights({ classWeights: "none", loss: "focal" })).toEqual([1, 1]);
  });

  it("are balanced where something else makes up for rare classes", () => {
    expect(weights({ classWeights: "none", sampling: "balanced" })).toEqual([4 / 6, 2]);
    expect(weights({ classWeights: "none", loss: "logit-adjusted" })).toEqual([4 / 6, 2]);
  });
});

describe("classPrior", () => {
  it("is the classes' shares, never 0", () => {
    expect(classPrior([0, 0, 0, 2], 3)).toEqual([0.75, 0.25, 0.25]);
  });
});
