/**
 * If only the class token of a block is read, the block computes one query and one row of its MLP.
 * If more is read, the block stays as it is.
 */
import { describe, expect, test } from "vitest";
import { gradients } from "../graph/autodiff";
import { Builder } from "../graph/builder";
import { interpret } from "../graph/interpret";
import { sizeOf } from "../graph/tensor";
import { topological, type Value } from "../graph/value";
import { verify } from "../graph/verify";
import { layerNorm } from "../ops/layer-norm";
import { pushDownSlices } from "./slice-pushdown";
import { randomTensors } from "./testing";

const [B, N, D, H] = [3, 5, 8, 2];
const random = randomTensors(2, "narrow");

type Names = "q" | "k" | "v" | "out" | "up" | "down";

interface Block {
  b: Builder;
  /** [B, N, D], or [N, B, D] with tokens first. */
  x: Value;
  weights: Record<Names, Value>;
  y: Value;
}

/** A block with pre-norm attention and MLP, for either order of batch and tokens. */
function blockOf(tokensFirst: boolean): Block {
  const b = new Builder();
  const parameter = (name: Names, shape: readonly number[]) => b.parameter(name, random(shape));
  const square = [D, D];
  const weights = {
    q: parameter("q", square),
    k: parameter("k", square),
    v: parameter("v", square),
    out: parameter("out", square),
    up: parameter("up", [D, 4 * D]),
    down: parameter("down", [4 * D, D]),
  };
  const x = b.input("x", tokensFirst ? [N, B, D] : [B, N, D]);
  const norm = (v: Value) => layerNorm(b, v, 2, 1e-5, b.constant(random([D])), b.constant(random([D])));
  const normed = norm(x);
  const heads = (name: Names) => {
    const y = b.add(b.linear(normed, weights[name], false), b.constant(random([D])));
    return b.transpose(b.reshape(y, [...x.shape.slice(0, 2), H, D / H]), tokensFirst ? [1, 2, 0, 3] : [0, 2, 1, 3]);
  };
  const [q, k, v] = [heads("q"), heads("k"), heads("v")];
  const softmax = b.op("Softmax", [b.scale(b.matmul(q, k, false, true), 0.5)]);
  const mixed = b.transpose(b.matmul(softmax, v), tokensFirst ? [2, 0, 1, 3] : [0, 2, 1, 3]);
  const middle = b.add(x, b.linear(b.reshape(mixed, x.shape), weights.out, false));
  const up = b.op("Tanh", [b.linear(norm(middle), weights.up, false)]);
  return { b, x, weights, y: b.add(middle, b.linear(up, weights.down, false)) };
}

/** Tokens [from, from + count). */
function tokens(b: Builder, y: Value, axis: number, from: number, count: number): Value {
  const along = (inside: number, others: readonly number[]) => others.map((d, a) => (a === axis ? inside : d));
  return b.op("Slice", [y], {
    starts: along(from, [0, 0, 0]),
    steps: [1, 1, 1],
    shape: along(count, y.shape),
  });
}

/** Number of elements of the largest result whose last axis has this length. */
const elements = (outputs: readonly Value[], width: number) =>
  Math.max(...topological(outputs).map((v) => (v.shape.at(-1) === width && v.inputs.length > 0 ? sizeOf(v.shape) : 0)));

describe.each([
  { tokensFirst: false, from: 0, count: 1 },
  { tokensFirst: true, from: 0, count: 1 },
  { tokensFirst: false, from: 1, count: 2 },
])("tokens $from to $from + $count are read, tokens first: $tokensFirst", ({ tokensFirst, from, count }) => {
  const { b, x, weights, y } = blockOf(tokensFirst);
  const read = tokens(b, y, tokensFirst ? 0 : 1, from, count);
  const normed = layerNorm(b, read, 2, 1e-5, null, null);
  const [narrowed] = verify(pushDownSlices([normed]), "narrowing");
  const feed = new Map([[x, random(x.shape)]]);

  test("the MLP computes these, attention their queries, and the numbers stay", () => {
    expect(elements([normed], 4 * D)).toBe(B * N * 4 * D);
    expect(elements([narrowed], 4 * D)).toBe(B * count * 4 * D);
    expect(topological([narrowed]).find((v) => v.op === "Softmax")!.shape).toEqual([B, H, count, N]);
    const [want, got] = interpret([normed, narrowed], feed);
    expect(got).toEqual(want);
  });

  test("gradients stay", () => {
    const loss = (out: Value) => b.reshape(b.sum(b.op("Exp", [out]), [0, 1, 2]), []);
    const of = (out: Value) => interpret(gradients(b, loss(out), Object.values(weights)) as Value[], feed);
    const [want, got] = [of(normed), of(narrowed)];
    want.forEach((t, i) => {
      const numbers = Array.from(t.data);
      const scale = Math.max(...numbers.map(Math.abs));
      numbers.forEach((v, j) => void expect(Math.abs(got[i].data[j] - v) / scale).toBeLessThan(1e-6));
    });
  });
});

test("a slice of a slice, of views and of sums over other axes reads its part of the first", () => {
  const b = new Builder();
  const x = b.input("x", [B, N, D]);
  const wide = b.expand(b.reshape(b.op("Exp", [x]), [B, N, 1, D]), [B, N, 2, D]);
  const summed = b.reshape(b.sum(wide, [2]), [B, N, D]);
  const y = tokens(b, tokens(b, summed, 1, 1, 3), 1, 1, 1);
  const [narrowed] = verify(pushDownSlices([y]), "narrowing");
  const exp = topological([narrowed]).find((v) => v.op === "Exp")!;
  expect(exp.shape).toEqual([B, 1, D]);
  const [want, got] = interpret([y, narrowed], new Map([[x, random(x.shape)]]));
  expect(got).toEqual(want);
});

const leftWhole: Record<string, (b: Builder, y: Value) => Value[]> = {
  "what is an output itself": (b, y) => [tokens(b, y, 1, 0, 1), y],
  "what two slices read differently": (b, y) => [tokens(b, y, 1, 0, 1), tokens(b, y, 1, 1, 1)],
  "what is read in steps": (b, y) => [b.op("Slice", [y], { starts: [0, 0, 0], steps: [1, 2, 1], shape: [B, 3, D] })],
  "what is cut on two axes": (b, y) => [b.op("Slice", [y], { starts: [0, 0, 0], steps: [1, 1, 1], shape: [B, 1, 4] })],
  "columns of a product": (b, y) => [tokens(b, b.linear(y, b.parameter("w", random([D, D])), false), 2, 0, 4)],
  "a sum over the tokens": (b, y) => [tokens(b, b.op("Softmax", [b.transpose(y, [0, 2, 1])]), 2, 0, 1)],
};

test.each(Object.entries(leftWhole))("%s is left whole", (_, read) => {
  const { b, y } = blockOf(false);
  const outputs = read(b, y);
  // A slice may still swap places with a reshape.
  const computed = (values: readonly Value[]) =>
    topological(values).flatMap((v) => (v.op === "Reshape" || v.op === "Slice" ? [] : `${v.op} ${v.shape}`));
  expect(computed(pushDownSlices(outputs))).toEqual(computed(outputs));
});
