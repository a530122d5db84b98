/**
 * The pass finds attention as exporters write it and keeps its results and gradients. It leaves
 * attention alone where something else reads its matrix.
 */
import { describe, expect, test } from "vitest";
import { gradients } from "../graph/autodiff";
import { Builder } from "../graph/builder";
import { interpret } from "../graph/interpret";
import type { Tensor } from "../graph/tensor";
import { topological, type Value } from "../graph/value";
import { fuseAttention } from "./fuse-attention";
import { operatorsOf, randomTensors } from "./testing";

const [B, H, N, D] = [2, 3, 5, 4];

interface Parts {
  b: Builder;
  q: Value;
  k: Value;
  v: Value;
}

const attend = ({ b, v }: Parts, scores: Value) => b.matmul(b.op("Softmax", [scores]), v);
const turned = (b: Builder, k: Value) => b.transpose(k, [0, 1, 3, 2]);

function inputsOf(): { parts: Parts; feed: Map<Value, Tensor> } {
  const b = new Builder();
  const random = randomTensors(1, "attention");
  const [q, k, v] = ["q", "k", "v"].map((name) => b.input(name, [B, H, N, D]));
  return { parts: { b, q, k, v }, feed: new Map([q, k, v].map((x) => [x, random(x.shape)])) };
}

const written: Record<string, (parts: Parts) => Value> = {
  "scores times a number": (p) => attend(p, p.b.scale(p.b.matmul(p.q, p.k, false, true), 0.5)),
  "scores divided by a number": (p) => attend(p, p.b.div(p.b.matmul(p.q, p.k, false, true), p.b.scalar(2))),
  "a query that was scaled before": (p) => attend(p, p.b.matmul(p.b.scale(p.q, 0.5), p.k, false, true)),
  "transposed keys": (p) => attend(p, p.b.scale(p.b.matmul(p.q, turned(p.b, p.k)), 0.5)),
};

describe.each(Object.entries(written))("%s", (_, write) => {
  const { parts, feed } = inputsOf();
  const y = write(parts);
  const [fused] = fuseAttention([y]);

  test("becomes one node of the same result", () => {
    const ops = operatorsOf([fused]);
    expect(ops).toContain("FusedAttention");
    expect(ops).not.toContain("Softmax");
    const [want, got] = interpret([y, fused], feed);
    want.data.forEach((value: number, i: number) => void expect(got.data[i]).toBeCloseTo(value, 5));
  });

  test("has the same gradients, from no matrix of queries by keys", () => {
    const { b, q, k, v } = parts;
    const cotangents = (out: Value) => gradients(b, b.reshape(b.sum(b.mul(out, out), [0, 1, 2, 3]), []), [q, k, v]);
    const [want, got] = [y, fused].map((out) => cotangents(out).map((g) => g!));
    const shapes = topological(got).map(({ shape }) => shape.slice(-2).join("×"));
    expect(shapes).not.toContain(`${N}×${N}`);
    const wanted = interpret(want, feed);
    interpret(got, feed).forEach((t, i) => {
      t.data.forEach((value: number, j: number) => void expect(value).toBeCloseTo(wanted[i].data[j], 4));
    });
  });
});

const leftAlone: Record<string, (parts: Parts) => Value[]> = {
  "scores with a bias": (p) => {
    const scores = p.b.scale(p.b.matmul(p.q, p.k, false, true), 0.5);
    return [attend(p, p.b.add(scores, p.b.input("bias", [N, N])))];
  },
  "a matrix that is read elsewhere": (p) => {
    const weights = p.b.op("Softmax", [p.b.matmul(p.q, p.k, false, true)]);
    return [p.b.matmul(weights, p.v), weights];
  },
  "a width that is no multiple of four": ({ b }) => {
    const [q, k, v] = ["q", "k", "v"].map((name) => b.input(name, [B, H, N, 6]));
    return [attend({ b, q, k, v }, b.matmul(q, k, false, true))];
  },
  "one table of values for all heads": (p) => [
    attend({ ...p, v: p.b.input("table", [N, D]) }, p.b.matmul(p.q, p.k, false, true)),
  ],
};

test.each(Object.entries(leftAlone))("%s is left alone", (_, write) => {
  const outputs = write(inputsOf().parts);
  expect(operatorsOf(fuseAttention(outputs))).toEqual(operatorsOf(outputs));
});
