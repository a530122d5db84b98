/** Checks which values share one kernel. */
import { describe, expect, it } from "vitest";
import { Builder } from "../graph/builder";
import { tensor } from "../graph/tensor";
import { topological, type Value } from "../graph/value";
import { groupValues, membersOf } from "./fusion-groups";

const numbers = (b: Builder, name: string, ...shape: number[]) =>
  b.parameter(name, tensor(shape, new Float32Array(shape.reduce((n, d) => n * d, 1)).fill(0.5)));

/** The operators of each kernel. */
function kernelsOf(outputs: readonly Value[], maxInputs = 7): string[] {
  const groups = groupValues(topological(outputs), new Set(outputs), maxInputs);
  return groups.map((g) =>
    membersOf(g)
      .map((v) => v.op)
      .join(" "),
  );
}

describe("groupValues", () => {
  const b = new Builder();
  const x = b.input("x", [2, 6, 8]);
  const product = b.matmul(x, numbers(b, "w", 8, 12));
  const bias = numbers(b, "bias", 12);

  it("computes bias, activation and residual in the product's kernel", () => {
    const y = b.add(b.op("Relu", [b.add(product, bias)]), numbers(b, "residual", 2, 6, 12));
    expect(kernelsOf([y])).toEqual(["MatMul Add Relu Add"]);
  });

  it("looks through views of the product", () => {
    const y = b.add(b.reshape(product, [12, 12]), bias);
    expect(kernelsOf([y])).toEqual(["MatMul Add"]);
  });

  it("goes on behind a view, each member broadcasting to its own shape", () => {
    const y = b.add(b.reshape(b.add(product, bias), [4, 3, 12]), numbers(b, "row", 4, 1, 12));
    expect(kernelsOf([y])).toEqual(["MatMul Add Add"]);
  });

  it("writes a product where its transposition would put it, and what follows with it", () => {
    const heads = b.transpose(b.reshape(b.add(product, bias), [2, 6, 3, 4]), [0, 2, 1, 3]);
    expect(kernelsOf([heads])).toEqual(["MatMul Add Transpose"]);
    expect(kernelsOf([b.op("Relu", [b.add(heads, numbers(b, "place", 6, 4))])])).toEqual([
      "MatMul Add Transpose Add Relu",
    ]);
  });

  it("transposes by itself what is read elsewhere too, what breaks quads, and what is a product's operand", () => {
    const biased = b.add(product, bias);
    const heads = b.transpose(b.reshape(biased, [2, 6, 3, 4]), [0, 2, 1, 3]);
    expect(kernelsOf([heads, biased])).toEqual(["MatMul Add", "Transpose"]);
    expect(kernelsOf([b.add(heads, b.reshape(biased, heads.shape))])).toEqual(["MatMul Add", "Transpose Add"]);
    expect(kernelsOf([b.transpose(b.reshape(biased, [2, 6, 3, 4]), [0, 3, 1, 2])])).toEqual([
      "MatMul Add",
      "Transpose",
    ]);
  });

  it("takes one product; the other is read from memory", () => {
    const y = b.add(product, b.matmul(x, numbers(b, "v", 8, 12)));
    expect(kernelsOf([y])).toEqual(["MatMul", "MatMul Add"]);
  });

  it("keeps a product that is read elsewhere, or is a result itself", () => {
    const y = b.add(product, bias);
    expect(kernelsOf([y, b.matmul(product, numbers(b, "u", 12, 4))])).toEqual(["MatMul", "Add", "MatMul"]);
    expect(kernelsOf([y, product])).toEqual(["MatMul", "Add"]);
  });

  it("keeps a product apart from a epilogue that reads one of its operands, or more than can be bound", () => {
    const square = b.matmul(x, numbers(b, "square", 8, 8));
    expect(kernelsOf([b.add(square, x)])).toEqual(["MatMul", "Add"]);
    expect(kernelsOf([b.add(product, bias)], 2)).toEqual(["MatMul", "Add"]);
  });

  it("keeps a product apart from what is broadcast over a larger shape", () => {
    const y = b.add(product, numbers(b, "larger", 3, 2, 6, 12));
    expect(kernelsOf([y])).toEqual(["MatMul", "Add"]);
  });

  it("does not compute in a kernel what that kernel reads", () => {
    const f16 = b.scale(x, 0.5);
    const y = b.add(b.matmul(f16, numbers(b, "square 2", 8, 8)), f16);
    expect(kernelsOf([y])).toEqual(["Mul", "MatMul", "Add"]);
  });

  it("computes again what is cheap and reads one tensor", () => {
    const inner = b.op("Erf", [b.scale(product, 0.7)]);
    const [first, second] = [b.matmul(b.mul(product, inner), numbers(b, "t", 12, 4)), b.op("Exp", [inner])];
    expect(kernelsOf([first, second])).toEqual(["MatMul", "Mul Erf Mul", "MatMul", "Mul Erf Exp"]);
    const sum = b.op("Erf", [b.add(product, b.matmul(x, numbers(b, "z", 8, 12)))]);
    const outputs = [b.mul(sum, bias), b.op("Exp", [sum])];
    expect(kernelsOf(outputs)).toEqual(["MatMul", "MatMul Add", "Erf Mul", "Erf Exp"]);
  });
});
