/** Passes keep the meaning of a graph and make it smaller. */
import { expect, test } from "vitest";
import { createPrng } from "../../base/prng";
import { Builder } from "../ir/builder";
import { topological, type Value } from "../ir/value";
import { verify } from "../ir/verify";
import { evaluate } from "../ref";
import { sizeOf, tensor } from "../tensor";
import { foldFrozen } from "./fold";
import { fuseLayerNorm } from "./layer-norm";

const prng = createPrng(1, "passes");
const random = (shape: readonly number[]) =>
  tensor(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () => prng.normal()),
  );

/** Layer normalisation in the nine nodes of opset 16 and before, the centring shared or written twice. */
function written(b: Builder, x: Value, twice: boolean): Value {
  const mean = (v: Value) => b.scale(b.sum(v, [v.shape.length - 1]), 1 / v.shape[v.shape.length - 1]);
  const d = b.sub(x, mean(x));
  const other = twice ? b.sub(x, mean(x)) : d;
  const variance = mean(b.op("Pow", [other, b.scalar(2)]));
  return b.div(d, b.op("Sqrt", [b.add(variance, b.scalar(1e-6))]));
}

test.each([false, true])("layer normalisation written out becomes one node (centred twice: %s)", (twice) => {
  const b = new Builder();
  const x = b.input("x", [3, 7]);
  const y = b.add(b.mul(written(b, x, twice), b.constant(random([7]))), b.constant(random([7])));
  const [fused] = fuseLayerNorm([y]);
  verify([fused], "test");
  const ops = topological([fused]).map((v) => v.op);
  expect(ops).toContain("Standardize");
  expect(ops).not.toContain("Sqrt");
  const value = random([3, 7]);
  const [want, got] = evaluate([y, fused], new Map([[x, value]]));
  want.data.forEach((v: number, i: number) => expect(got.data[i]).toBeCloseTo(v, 5));
});

test("a normalisation over another axis is left alone", () => {
  const b = new Builder();
  const x = b.input("x", [3, 7]);
  const d = b.sub(x, b.scale(b.sum(x, [0]), 1 / 3));
  const y = b.div(d, b.op("Sqrt", [b.add(b.scale(b.sum(b.mul(d, d), [0]), 1 / 3), b.scalar(1e-6))]));
  expect(topological(fuseLayerNorm([y])).map((v) => v.op)).not.toContain("Standardize");
});

test("what depends on frozen weights alone becomes one constant", () => {
  const b = new Builder();
  const x = b.input("x", [2, 4]);
  const weight = b.parameter("w.weight", random([4, 4]));
  const y = b.matmul(x, b.op("Exp", [b.transpose(weight, [1, 0])]));
  const [folded] = foldFrozen([y]);
  expect(topological([folded]).map((v) => v.op)).toEqual(["Input", "Constant", "MatMul"]);
  const value = random([2, 4]);
  const [want, got] = evaluate([y, folded], new Map([[x, value]]));
  expect(Array.from(got.data)).toEqual(Array.from(want.data));
});
