/**
 * Products that are only summed are never stored. Other products, and products of unequal shapes,
 * stay.
 */
import { expect, test } from "vitest";
import { Builder } from "../graph/builder";
import { interpret } from "../graph/interpret";
import type { Value } from "../graph/value";
import { verify } from "../graph/verify";
import { sumProducts } from "./sum-products";
import { operatorsOf, randomTensors } from "./testing";

const random = randomTensors(3, "sums");

test("a sum of products is one operator of the same result", () => {
  const b = new Builder();
  const [x, y] = ["x", "y"].map((name) => b.input(name, [6, 4]));
  const sum = b.sum(b.mul(x, y), [0]);
  const [fused] = verify(sumProducts([sum]), "summing");
  expect(operatorsOf([fused])).toEqual(["Input", "Input", "ReduceSumProduct"]);
  const feed = new Map([x, y].map((v) => [v, random(v.shape)]));
  const [want, got] = interpret([sum, fused], feed);
  want.data.forEach((v: number, i: number) => void expect(got.data[i]).toBeCloseTo(v, 5));
});

const leftAlone: Record<string, (b: Builder, x: Value, y: Value) => Value[]> = {
  "a product that is read elsewhere": (b, x, y) => {
    const product = b.mul(x, y);
    return [b.sum(product, [0]), b.op("Exp", [product])];
  },
  "a product that is an output": (b, x, y) => {
    const product = b.mul(x, y);
    return [b.sum(product, [0]), product];
  },
  "a product with a row": (b, x) => [b.sum(b.mul(x, b.input("row", [4])), [0])],
  "a sum of something else": (b, x, y) => [b.sum(b.add(x, y), [0])],
  "a maximum": (b, x, y) => [b.op("ReduceMax", [b.mul(x, y)], { axes: [0] })],
};

test.each(Object.entries(leftAlone))("%s is left alone", (_, write) => {
  const b = new Builder();
  const outputs = write(b, b.input("x", [6, 4]), b.input("y", [6, 4]));
  expect(sumProducts(outputs)).toEqual(outputs);
});
