/**
 * Activation checkpointing: the backward pass reads values of the forward pass that are computed
 * again instead of kept. Chen et al., Training Deep Nets with Sublinear Memory Cost, arXiv
 * 1604.06174.
 *
 * A place to cut is wherever all that follows depends on what precedes through one value alone: in
 * residual networks the stream between two blocks. What lies between two cuts is a segment;
 * recomputing it needs the value at its start.
 */
import { Builder } from "../graph/builder";
import { flopsOf } from "../graph/cost";
import { dependents, isLeaf, topological, type Value } from "../graph/value";
import { storageRoot } from "./fusion-groups";

export interface Segments {
  /** Values of the forward pass that depend on the step's input, in order. */
  forward: readonly Value[];
  /** Positions in `forward` of the values at the cuts, ascending. */
  cuts: readonly number[];
}

/** @param inputs what a step reads for each image */
export function findSegments(loss: Value, inputs: readonly Value[]): Segments {
  const order = topological([loss]);
  const moving = dependents(order, inputs);
  const forward = order.filter((v) => moving.has(v) && !isLeaf(v));
  const lastUse = new Map<Value, number>();
  forward.forEach((v, i) => {
    for (const input of v.inputs) if (moving.has(input)) lastUse.set(storageRoot(input), i);
  });
  const live = new Set<Value>(inputs.filter((v) => lastUse.has(v)));
  const cuts: number[] = [];
  forward.forEach((v, i) => {
    live.add(storageRoot(v));
    for (const held of live) if ((lastUse.get(held) ?? -1) <= i) live.delete(held);
    if (live.size === 1 && live.has(storageRoot(v)) && i < forward.length - 1) cuts.push(i);
  });
  return { forward, cuts };
}

export interface Recomputed {
  outputs: Value[];
  /** The values made again: to be computed as late as their readers allow. */
  late: ReadonlySet<Value>;
  /** Floating-point operations that they add. */
  flops: number;
}

/**
 * Lets the backward pass read recomputed values.
 *
 * @param outputs the loss first, then the gradients
 * @param kept cuts whose value is kept, ascending positions in `forward`; what lies before the last
 *   of them is recomputed
 */
export function recompute(outputs: readonly Value[], { forward }: Segments, kept: readonly number[]): Recomputed {
  const last = kept.at(-1) ?? 0;
  const keptRoots = new Set(kept.map((i) => storageRoot(forward[i])));
  const again = new Set(forward.slice(0, last).filter((v) => !keptRoots.has(storageRoot(v))));
  const isForward = new Set(topological([outputs[0]]));
  const b = new Builder();
  const copies = new Map<Value, Value>();
  const copyOf = (v: Value): Value => {
    if (!again.has(v)) return v;
    const known = copies.get(v);
    if (known) return known;
    b.scope = v.scope;
    const made = b.op(v.op, v.inputs.map(copyOf), v.attrs);
    copies.set(v, made);
    return made;
  };
  const moved = new Map<Value, Value>();
  for (const v of topological(outputs)) {
    if (isForward.has(v) || isLeaf(v)) continue;
    const inputs = v.inputs.map((input) => moved.get(input) ?? copyOf(input));
    if (inputs.every((input, i) => input === v.inputs[i])) continue;
    b.scope = v.scope;
    moved.set(v, b.op(v.op, inputs, v.attrs));
  }
  const late = new Set([...copies.values()].filter((v) => !isLeaf(v)));
  const flops = flopsOf([...late]);
  return { outputs: outputs.map((v) => moved.get(v) ?? copyOf(v)), late, flops };
}

/** The order with each late value right before the first that reads it. */
export function postpone(order: readonly Value[], late: ReadonlySet<Value>): Value[] {
  if (late.size === 0) return order.slice();
  const out: Value[] = [];
  const placed = new Set<Value>();
  const place = (v: Value) => {
    if (placed.has(v)) return;
    placed.add(v);
    for (const input of v.inputs) if (late.has(input)) place(input);
    out.push(v);
  };
  for (const v of order) if (!late.has(v)) place(v);
  return out;
}
