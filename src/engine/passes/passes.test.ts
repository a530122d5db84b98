/** Passes keep a graph's results and make the graph smaller. */
import { describe, expect, test } from "vitest";
import { Builder } from "../graph/builder";
import { interpret } from "../graph/interpret";
import { topological, type Value } from "../graph/value";
import { verify } from "../graph/verify";
import { foldFrozen } from "./fold";
import { foldScales } from "./fold-scales";
import { fuseLayerNorm } from "./layer-norm";
import { randomTensors } from "./testing";

const random = randomTensors(1, "passes");

/**
 * Layer normalisation in the nine nodes of opset 16 and before. The centring is shared or written
 * twice.
 */
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
  const [want, got] = interpret([y, fused], new Map([[x, value]]));
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
  const [want, got] = interpret([y, folded], new Map([[x, value]]));
  expect(Array.from(got.data)).toEqual(Array.from(want.data));
});

describe("scales of channels", () => {
  const conv = { strides: [1, 1], pads: [1, 1, 1, 1], dilations: [1, 1], group: 2 };
  const cases: Record<string, (b: Builder, x: Value, leaf: (v: Value) => Value) => Value> = {
    "batch normalisation behind a grouped convolution": (b, x, leaf) => {
      const y = b.op("Conv", [x, leaf(b.constant(random([6, 2, 3, 3])))], conv);
      return b.add(b.mul(y, b.constant(random([6, 1, 1]))), b.constant(random([6, 1, 1])));
    },
    "a scale behind a 1×1 convolution with a bias": (b, x, leaf) => {
      const y = b.matmul(leaf(b.constant(random([5, 4]))), b.reshape(x, [2, 4, 15]));
      const biased = b.add(b.reshape(y, [2, 5, 3, 5]), b.constant(random([5, 1, 1])));
      return b.mul(b.constant(random([1, 5, 1, 1])), biased);
    },
  };

  test.each(Object.keys(cases))("%s becomes part of the frozen weight", (name) => {
    const b = new Builder();
    const x = b.input("x", [2, 4, 3, 5]);
    const y = b.op("Relu", [cases[name](b, x, (v) => v)]);
    const [folded] = verify(foldScales([y]), "test");
    const muls = (v: Value) => topological([v]).filter(({ op }) => op === "Mul").length;
    expect([muls(y), muls(folded)]).toEqual([1, 0]);
    const value = random([2, 4, 3, 5]);
    const [want, got] = interpret([y, folded], new Map([[x, value]]));
    want.data.forEach((v: number, i: number) => void expect(got.data[i]).toBeCloseTo(v, 4));
  });

  test.each(Object.keys(cases))("%s stays apart from a trainable weight", (name) => {
    const b = new Builder();
    const x = b.input("x", [2, 4, 3, 5]);
    const y = cases[name](b, x, (v) => ({ ...v, op: "Trainable", data: undefined }));
    expect(foldScales([y])).toEqual([y]);
  });

  test("a linear layer's scale stays: its weight is not copied", () => {
    const b = new Builder();
    const y = b.matmul(b.input("x", [3, 5]), b.constant(random([7, 5])), false, true);
    const scaled = b.mul(b.add(b.constant(random([7])), y), b.constant(random([7])));
    expect(foldScales([scaled])).toEqual([scaled]);
  });

  test("graphs of one file share the scaled weight", () => {
    const weight = random([6, 2, 3, 3]);
    const scale = random([6, 1, 1]);
    const folded = () => {
      const b = new Builder();
      const y = b.op("Conv", [b.input("x", [2, 4, 3, 5]), b.constant(weight)], conv);
      return foldScales([b.mul(y, b.constant(scale))])[0].inputs[1].data!.data;
    };
    expect(folded()).toBe(folded());
  });

  test("and where another node reads the unscaled value", () => {
    const b = new Builder();
    const x = b.input("x", [3, 2]);
    const y = b.matmul(b.constant(random([4, 3])), x);
    const sum = b.add(b.mul(y, b.constant(random([4, 1]))), y);
    expect(foldScales([sum])).toEqual([sum]);
  });
});
