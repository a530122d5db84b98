/**
 * Gradients through several paths become one product with the same numbers. Values that are read
 * elsewhere stay.
 */
import { expect, test } from "vitest";
import { gradients } from "../graph/autodiff";
import { Builder } from "../graph/builder";
import { interpret } from "../graph/interpret";
import { dependents, topological, type Value } from "../graph/value";
import { verify } from "../graph/verify";
import { geluTanh, quickGelu } from "../ops/activations";
import { factorGradients } from "./factor-gradients";
import { randomTensors } from "./testing";

const random = randomTensors(5, "factors");

const gelu = (b: Builder, x: Value) =>
  b.scale(b.mul(x, b.add(b.op("Erf", [b.scale(x, Math.SQRT1_2)]), b.scalar(1))), 0.5);

const functions: Record<string, (b: Builder, x: Value) => Value> = {
  gelu,
  "gelu by tanh": geluTanh,
  "quick gelu": (b, x) => quickGelu(b, x, 1.702),
  "a quotient and a difference": (b, x) => b.sub(b.div(x, b.add(b.mul(x, x), b.scalar(2))), b.neg(b.op("Tanh", [x]))),
};

test.each(Object.entries(functions))("%s: what comes in is multiplied once, by what the forward pass knows", (_, f) => {
  const b = new Builder();
  const [x, w] = [b.input("x", [6, 4]), b.input("w", [4, 4])];
  const loss = b.reshape(b.sum(b.op("Exp", [b.matmul(f(b, x), w)]), [0, 1]), []);
  const [given] = gradients(b, loss, [x]);
  const [, factored] = verify(factorGradients([loss, given!]), "factoring");
  const order = topological([factored]);
  const incoming = order.filter((v) => v.op === "MatMul" && v.attrs.transB === 1);
  expect(incoming).toHaveLength(1);
  const after = dependents(order, incoming);
  // The cotangent is only multiplied, never added.
  expect([...after].map((v) => v.op).filter((op) => op === "Add" || op === "Sub")).toEqual([]);
  const feed = new Map([x, w].map((v) => [v, random(v.shape)]));
  const [want, got] = interpret([given!, factored], feed);
  want.data.forEach((v: number, i: number) => void expect(got.data[i]).toBeCloseTo(v, 5));
});

const leftAlone: Record<string, (b: Builder, x: Value, y: Value) => Value[]> = {
  "a sum without a common factor": (b, x, y) => [b.add(b.mul(x, x), b.op("Exp", [y]))],
  "a term that is read elsewhere": (b, x, y) => {
    const term = b.mul(x, y);
    return [b.add(term, b.op("Exp", [x])), b.op("Tanh", [term])];
  },
  "a term that is an output": (b, x, y) => {
    const term = b.mul(x, b.op("Exp", [y]));
    return [b.add(term, b.mul(x, b.op("Tanh", [y]))), term];
  },
  "a sum with a row": (b, x) => [b.add(b.mul(x, b.input("row", [4])), b.input("another", [4]))],
};

test.each(Object.entries(leftAlone))("%s is left alone", (_, write) => {
  const b = new Builder();
  const outputs = write(b, b.input("x", [6, 4]), b.input("y", [6, 4]));
  expect(factorGradients(outputs)).toEqual(outputs);
});
