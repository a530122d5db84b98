/** Checks which kernels write several results, and which value replaces which. */
import { describe, expect, it } from "vitest";
import { Builder } from "../graph/builder";
import { topological, type Value } from "../graph/value";
import { groupValues, membersOf, resultsOf } from "./fusion-groups";
import { fuseOutputs } from "./multi-output-fusion";

/** The operators of each kernel. Brackets mark those whose result is written to memory. */
function kernelsOf(outputs: readonly Value[], maxBuffers = 8): string[] {
  const kept = new Set(outputs);
  const groups = fuseOutputs(groupValues(topological(outputs), kept, maxBuffers - 1), kept, maxBuffers);
  return groups.map((g) =>
    membersOf(g)
      .map((v) => (resultsOf(g).includes(v) ? `[${v.op}]` : v.op))
      .join(" "),
  );
}

describe("fuseOutputs", () => {
  const b = new Builder();
  const x = b.input("x", [6, 8]);
  const product = b.matmul(x, b.input("w", [8, 12]));
  const [next, back] = [b.input("next", [12, 4]), b.input("back", [4, 12])];
  const inner = b.op("Erf", [product]);
  const activation = b.mul(product, inner);
  const forward = b.matmul(activation, next);
  const incoming = b.matmul(forward, back);
  const derivative = b.op("Exp", [inner]);

  it("writes a function of a product with the product, where both are read", () => {
    expect(kernelsOf([forward, b.add(incoming, product)])).toEqual(["[MatMul] Erf [Mul]", "[MatMul]", "MatMul [Add]"]);
  });

  it("writes the derivative in place of the product, where nothing else of it is read", () => {
    const gradient = b.mul(b.scale(incoming, 0.5), derivative);
    expect(kernelsOf([forward, gradient])).toEqual(["MatMul Erf [Mul] [Exp]", "[MatMul]", "MatMul Mul [Mul]"]);
  });

  it("keeps the product where more of it is read than one function, there or elsewhere, or where it is a result", () => {
    const twice = b.mul(b.mul(incoming, derivative), product);
    expect(kernelsOf([forward, twice])[0]).toBe("[MatMul] Erf [Mul]");
    const gradient = b.mul(incoming, derivative);
    expect(kernelsOf([forward, gradient, b.matmul(product, next)])[0]).toBe("[MatMul] Erf [Mul]");
    expect(kernelsOf([forward, gradient, product])[0]).toBe("[MatMul] Erf [Mul]");
  });

  it("leaves a function to its reader where that writes it", () => {
    const last = b.op("Tanh", [derivative]);
    expect(kernelsOf([forward, b.matmul(last, next)])).toEqual([
      "[MatMul] Erf [Mul]",
      "[MatMul]",
      "Erf Exp [Tanh]",
      "[MatMul]",
    ]);
  });

  it("leaves apart what reads other tensors than can be bound, permutations elements or has another size", () => {
    expect(kernelsOf([forward, b.mul(incoming, derivative)], 3)).toEqual([
      "[MatMul]",
      "Erf [Mul]",
      "[MatMul]",
      "[MatMul]",
      "Erf Exp [Mul]",
    ]);
    const moved = b.op("Tanh", [b.transpose(b.reshape(product, [6, 3, 4]), [1, 0, 2])]);
    expect(kernelsOf([moved, product])).toEqual(["[MatMul]", "Transpose [Tanh]"]);
    expect(kernelsOf([b.add(product, b.input("larger", [2, 6, 12])), product])).toEqual(["[MatMul]", "[Add]"]);
  });

  it("writes no product that nothing reads any more", () => {
    const square = b.matmul(x, b.input("square", [8, 8]));
    const sum = b.add(b.add(square, b.input("first", [6, 8])), b.mul(b.op("Exp", [square]), square));
    expect(kernelsOf([sum, b.op("Tanh", [square])])).toEqual(["MatMul Add Exp Mul [Add] [Tanh]"]);
  });
});
