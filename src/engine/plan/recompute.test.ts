/**
 * Recomputation changes when values are computed and how long memory holds them, but never their
 * numbers.
 */
import { describe, expect, it } from "vitest";
import { createPrng } from "../../base/prng";
import { cases } from "../adapters/testing";
import { interpret } from "../graph/interpret";
import { sizeOf, type Tensor, tensor } from "../graph/tensor";
import { isLeaf, topological, type Value } from "../graph/value";
import { buildTrainingGraph } from "../training/graph";
import { findSegments, postpone, recompute } from "./recompute";
import { planStep } from "./training";

const limits = { maxBindings: 10, maxArenaBytes: 2 ** 30 };
const chosen = cases.filter(({ id, title }) => ["lora", "full", "bitfit", "ssf"].includes(id) && !title.includes("("));

/** Random numbers for every leaf without data. */
function feedOf(outputs: readonly Value[]): Map<Value, Tensor> {
  const prng = createPrng(1, "recompute");
  const open = topological(outputs).filter((v) => isLeaf(v) && !v.data);
  return new Map(
    open.map((v) => [
      v,
      tensor(
        v.shape,
        Float32Array.from({ length: sizeOf(v.shape) }, () => prng.normal()),
      ),
    ]),
  );
}

describe.each(chosen)("$title", ({ id, config, model }) => {
  const graph = buildTrainingGraph({ model, method: { id, config }, classes: 2, batch: 3, imageSize: 16 });
  const outputs = [graph.loss, ...graph.gradients];
  const segments = findSegments(graph.loss, graph.inputs);

  it("gives the same loss and gradients, bit for bit, from fewer kept results", () => {
    expect(segments.cuts.length).toBeGreaterThan(3);
    const feed = feedOf(outputs);
    const changed = recompute(outputs, segments, segments.cuts.slice(0, -4));
    expect(changed.late.size).toBeGreaterThan(0);
    const want = interpret(outputs, feed);
    interpret(changed.outputs, feed).forEach((t, i) => void expect(t.data).toEqual(want[i].data));
  });

  it("computes late values after what they need and right before what needs them", () => {
    const { outputs: changed, late } = recompute(outputs, segments, segments.cuts.slice(0, -4));
    const order = postpone(topological(changed), late);
    const position = new Map(order.map((v, i) => [v, i]));
    expect(order.length).toBe(topological(changed).length);
    for (const v of order) for (const input of v.inputs) expect(position.get(input)).toBeLessThan(position.get(v)!);
    // Every value between a late value and its first reader is late too.
    for (const v of late) {
      const readers = order.flatMap((w, i) => (w.inputs.includes(v) ? [i] : []));
      const between = order.slice(position.get(v)! + 1, Math.min(...readers));
      expect(between.every((w) => late.has(w))).toBe(true);
    }
  });

  it("fits a budget by recomputing no more than it must", () => {
    const free = planStep(graph, limits);
    expect(free.recomputed).toMatchObject({ segments: 0, flops: 0 });
    const least = planStep(graph, limits, 1);
    expect(least.activations).toBeLessThan(free.activations);
    const budget = (free.activations + least.activations) / 2;
    const between = planStep(graph, limits, budget);
    expect(between.activations).toBeLessThanOrEqual(budget);
    expect(between.recomputed.segments).toBeLessThanOrEqual(least.recomputed.segments);
    expect(between.recomputed.flops).toBeLessThanOrEqual(least.recomputed.flops);
  });
});
