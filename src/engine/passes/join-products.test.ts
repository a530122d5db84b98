/**
 * Products that are added up become one operator with the same result. Products that are read
 * elsewhere or have another layout stay.
 */
import { expect, test } from "vitest";
import { Builder } from "../graph/builder";
import { interpret } from "../graph/interpret";
import { topological, type Value } from "../graph/value";
import { verify } from "../graph/verify";
import { joinProducts } from "./join-products";
import { operatorsOf, randomTensors } from "./testing";

const random = randomTensors(5, "sums of products");
const MAX = 16;

interface Leaves {
  b: Builder;
  /** [6, 8], and as [2, 3, 8] */
  x: Value;
  wide: Value;
  /** [8, 8] */
  w: Value;
  v: Value;
  /** [8] */
  bias: Value;
}

function leaves(): Leaves {
  const b = new Builder();
  const [x, w, v, bias] = [[6, 8], [8, 8], [8, 8], [8]].map((shape, i) => b.input(`leaf ${i}`, shape));
  return { b, x, wide: b.reshape(x, [2, 3, 8]), w, v, bias };
}

/** The operators after the pass. It also checks that the numbers stay the same. */
function joined(outputs: Value[], maxBuffers = MAX): string[] {
  const after = verify(joinProducts(outputs, maxBuffers), "joining");
  const feed = new Map(
    topological(outputs)
      .filter((v) => v.op === "Input")
      .map((leaf) => [leaf, random(leaf.shape)]),
  );
  const [want, got] = [outputs, after].map((values) => interpret(values, feed));
  want.forEach(({ data }, k) => {
    data.forEach((value: number, i: number) => void expect(got[k].data[i]).toBeCloseTo(value, 4));
  });
  return operatorsOf(after).filter((op) => op !== "Input" && op !== "Reshape");
}

const low = ({ b, x, w, v }: Leaves) => b.matmul(b.matmul(x, w), v, false, true);

test("a layer, its bias and its low-rank update: the update joins the layer's product", () => {
  const all = leaves();
  const { b, x, w, bias } = all;
  const base = b.matmul(x, w);
  for (const y of [b.add(b.add(bias, base), low(all)), b.add(bias, b.add(base, low(all)))])
    expect(joined([y])).toEqual(["MatMul", "MatMulSum", "Add"]);
});

test("across views, and with something else in the sum", () => {
  const { b, x, wide, w, v } = leaves();
  const parts = [w, v].map((weight) => b.reshape(b.matmul(x, weight, false, true), [2, 3, 8]));
  const y = b.add(b.add(b.op("Exp", [wide]), parts[0]), b.add(parts[1], wide));
  expect(joined([y])).toEqual(["Exp", "MatMulSum", "Add", "Add"]);
});

test("no more products than a kernel can bind", () => {
  const { b, x, w } = leaves();
  const products = Array.from({ length: 5 }, (_, i) => b.matmul(x, b.scale(w, i + 2)));
  const y = products.reduce(b.add);
  const sums = (maxBuffers: number) => joined([y], maxBuffers).filter((op) => /MatMul|^Add$/.test(op));
  expect(sums(12).filter((op) => op === "MatMulSum")).toHaveLength(1);
  expect(sums(10).filter((op) => op.startsWith("MatMul"))).toEqual(["MatMulSum", "MatMul"]);
  expect(sums(8).filter((op) => op.startsWith("MatMul"))).toEqual(["MatMulSum", "MatMulSum"]);
});

const leftAlone: Record<string, (all: Leaves) => Value[]> = {
  "a product that is read elsewhere": ({ b, x, w, v }) => {
    const product = b.matmul(x, w);
    return [b.add(product, b.matmul(x, v)), b.op("Exp", [product])];
  },
  "a product that is an output": ({ b, x, w, v }) => {
    const product = b.matmul(x, w);
    return [b.add(product, b.matmul(x, v)), product];
  },
  "a sum of two products with a bias each": ({ b, x, w, v, bias }) => [
    b.add(b.add(b.matmul(x, w), bias), b.add(b.matmul(x, v), bias)),
  ],
  "products of another arrangement": ({ b, x, wide, w }) => [
    b.add(b.reshape(b.matmul(x, w), [2, 3, 8]), b.matmul(wide, b.reshape(w, [1, 8, 8]))),
  ],
  "a difference": ({ b, x, w, v }) => [b.sub(b.matmul(x, w), b.matmul(x, v))],
};

test.each(Object.entries(leftAlone))("%s is left alone", (_, write) => {
  const outputs = write(leaves());
  expect(joinProducts(outputs, MAX)).toEqual(outputs);
});
