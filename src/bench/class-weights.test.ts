import { describe, expect, it } from "vitest";
import { batchWeights, classWeights } from "./class-weights";

describe("classWeights", () => {
  it("balances as scikit-learn's compute_class_weight('balanced')", () => {
    // compute_class_weight("balanced", classes=[0, 1, 2], y=[0, 0, 0, 0, 1, 1, 2]) → [7/12, 7/6, 7/3]
    const weights = classWeights([0, 0, 0, 0, 1, 1, 2], 3, "balanced");
    expect(weights.map((weight) => weight.toFixed(12))).toEqual([7 / 12, 7 / 6, 7 / 3].map((w) => w.toFixed(12)));
  });
  it("gives an absent class no weight, and weighs all alike when off", () => {
    expect(classWeights([0, 0, 2, 2], 3, "balanced")).toEqual([1, 0, 1]);
    expect(classWeights([0, 0, 1], 2, "none")).toEqual([1, 1]);
  });
});

describe("batchWeights", () => {
  it("sums to one in proportion to the class weights", () => {
    expect([...batchWeights([0, 1, 1], [2, 1])]).toEqual([0.5, 0.25, 0.25]);
    expect([...batchWeights([1], [2, 0])]).toEqual([0]);
  });
});
