/** Checks which small kernels become one dispatch, and where it stands in the order. */
import { describe, expect, it } from "vitest";
import { Builder } from "../graph/builder";
import { sizeOf } from "../graph/tensor";
import { topological, type Value } from "../graph/value";
import { peakBytes } from "./arena";
import { type FusionGroup, groupValues, last } from "./fusion-groups";
import { fuseHorizontally } from "./horizontal-fusion";
import { lifetimesOf } from "./lifetimes";

/** The names of the values that each dispatch computes. */
function dispatchesOf(named: Readonly<Record<string, Value>>, outputs: readonly Value[], maxBuffers = 8): string[] {
  const groups = groupValues(topological(outputs), new Set(outputs), maxBuffers - 1);
  const bytesOf = (v: Value) => 4 * sizeOf(v.shape);
  const peakOf = (order: readonly FusionGroup[][]) => peakBytes(lifetimesOf(order, new Set(outputs), bytesOf));
  const nameOf = (v: Value) => Object.keys(named).find((name) => named[name] === v) ?? v.op;
  return fuseHorizontally(groups, { maxBuffers, peakOf }).map((fused) =>
    fused.map((group) => nameOf(last(group))).join(" & "),
  );
}

describe("fuseHorizontally", () => {
  const b = new Builder();
  const image = b.input("image", [6, 16]);
  const x = b.op("Softmax", [image], { axis: -1 });
  const weight = (name: string, ...shape: number[]) => b.input(name, shape);
  const [aq, av] = ["q", "v"].map((name) => b.matmul(x, weight(`A ${name}`, 16, 4)));
  const q = b.op("Softmax", [b.matmul(aq, weight("B q", 4, 16))], { axis: -1 });
  const v = b.op("ReduceSum", [b.matmul(av, weight("B v", 4, 16))], { axes: [0] });
  const named = { x, aq, av, q, v };

  it("lets the later come to the earlier, whose result is read before, and what read it follow", () => {
    expect(dispatchesOf(named, [q, v])).toEqual(["x", "aq & av", "MatMul & MatMul", "q", "v"]);
  });

  it("lets the earlier wait for the later, which needs what lies between", () => {
    const first = b.sum(q, [0]);
    const between = b.matmul(q, weight("between", 16, 16));
    const second = b.sum(between, [0]);
    const both = b.op("Mul", [q, between]);
    const all = { ...named, first, second, between, both };
    const outputs = [first, second, both];
    expect(dispatchesOf(all, outputs)).toEqual(["x", "aq", "MatMul", "q", "between", "first & second", "both"]);
  });

  it("does not raise the peak of what lives at once", () => {
    const first = b.sum(q, [0]);
    const second = b.sum(b.matmul(q, weight("between", 16, 16)), [0]);
    const expected = ["x", "aq", "MatMul", "q", "first", "MatMul", "second"];
    expect(dispatchesOf({ ...named, first, second }, [first, second])).toEqual(expected);
  });

  it("leaves apart what depends on the other, differs in its text or reads a tensor as another operand, would be kept for long, is large or needs too many buffers", () => {
    const next = b.matmul(b.matmul(aq, weight("back", 4, 16)), weight("A next", 16, 4));
    expect(dispatchesOf({ x, aq, next }, [next])).toEqual(["x", "aq", "MatMul", "next"]);
    const scaled = [2, 3].map((factor) => b.scale(b.matmul(x, weight(`A ${factor}`, 16, 4)), factor));
    expect(dispatchesOf({ x }, scaled)).toEqual(["x", "Mul", "Mul"]);
    const early = b.op("Exp", [b.matmul(x, weight("square", 16, 16))]);
    const late = b.op("Exp", [b.matmul(x, weight("other", 16, 16))]);
    const between = b.op("ArgMax", [early], { axis: 1, keepdims: 1 });
    expect(dispatchesOf({ x, early, late, between }, [between, late])).toEqual(["x", "early", "between", "late"]);
    const [left, right] = ["left", "right"].map((name) => weight(name, 8, 8));
    expect(dispatchesOf({}, [b.matmul(left, right), b.matmul(right, left)])).toEqual(["MatMul", "MatMul"]);
    const large = [1, 2].map((k) => b.matmul(x, weight(`wide ${k}`, 16, 2 ** 18)));
    expect(dispatchesOf({ x }, large)).toEqual(["x", "MatMul", "MatMul"]);
    expect(dispatchesOf(named, [aq, av], 4)).toEqual(["x", "aq", "av"]);
    expect(dispatchesOf(named, [aq, av], 5)).toEqual(["x", "aq & av"]);
  });

  it("takes as many as can be bound", () => {
    const many = [0, 1, 2, 3].map((k) => b.matmul(x, weight(`A ${k}`, 16, 4)));
    const named = Object.fromEntries([["x", x], ...many.map((value, k): [string, Value] => [`a${k}`, value])]);
    expect(dispatchesOf(named, many)).toEqual(["x", "a0", "a1 & a2 & a3"]);
    expect(dispatchesOf(named, many, 16)).toEqual(["x", "a0 & a1 & a2 & a3"]);
    const more = Array.from({ length: 9 }, (_, k) => b.matmul(x, weight(`B ${k}`, 16, 4)));
    expect(dispatchesOf({ x }, more, 64).map((made) => made.split(" & ").length)).toEqual([1, 1, 8]);
  });
});
