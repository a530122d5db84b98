/**
 * Activation checkpointing: saves memory, because the backward pass computes values of the forward
 * pass again instead of keeping them. Chen et al., Training Deep Nets with Sublinear Memory Cost,
 * arXiv 1604.06174.
 *
 * A cut is a value through which alone everything that follows depends on everything before it. In
 * residual networks, the residual stream between two blocks is one. A segment is what lies between
 * two cuts. To compute a segment again, only the value at its start must be kept.
 */
import { Builder } from "../graph/builder";
import { flopsOf } from "../graph/cost";
import { dependents, isLeaf, topological, type Value } from "../graph/value";
import { storageRoot } from "./fusion-groups";

/** The forward pass and where it can be cut. */
export interface Segments {
  /** Values of the forward pass that depend on the step's inputs, in topological order. */
  forward: readonly Value[];
  /** Positions of the cuts in `forward`, ascending. */
  cuts: readonly number[];
}

/**
 * Finds the cuts of a forward pass.
 *
 * @param inputs values that a step reads for each image
 */
export function findSegments(loss: Value, inputs: readonly Value[]): Segments {
  const order = topological([loss]);
  const inputDependent = dependents(order, inputs);
  const forward = order.filter((v) => inputDependent.has(v) && !isLeaf(v));
  const lastUse = new Map<Value, number>();
  forward.forEach((v, i) => {
    for (const input of v.inputs) if (inputDependent.has(input)) lastUse.set(storageRoot(input), i);
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

/** A graph whose backward pass reads recomputed values. */
export interface Recomputed {
  /** In the order of the outputs before. */
  outputs: Value[];
  /** The recomputed values. Memory falls only if each is computed as late as its readers allow. */
  late: ReadonlySet<Value>;
  /** Floating-point operations that recomputation adds. */
  flops: number;
}

/**
 * Lets the backward pass read recomputed values. No number changes.
 *
 * @param outputs the loss first, then the gradients
 * @param kept positions in `forward` of the cuts whose value is kept, ascending. What precedes the
 *   last of them is recomputed.
 */
export function recompute(outputs: readonly Value[], { forward }: Segments, kept: readonly number[]): Recomputed {
  const last = kept.at(-1) ?? 0;
  const keptRoots = new Set(kept.map((i) => storageRoot(forward[i])));
  const toRecompute = new Set(forward.slice(0, last).filter((v) => !keptRoots.has(storageRoot(v))));
  const isForward = new Set(topological([outputs[0]]));
  const b = new Builder();
  const copies = new Map<Value, Value>();
  const copyOf = (v: Value): Value => {
    if (!toRecompute.has(v)) return v;
    const known = copies.get(v);
    if (known) return known;
    b.scope = v.scope;
    const made = b.op(v.op, v.inputs.map(copyOf), v.attrs);
    copies.set(v, made);
    return made;
  };
  const rewritten = new Map<Value, Value>();
  for (const v of topological(outputs)) {
    if (isForward.has(v) || isLeaf(v)) continue;
    const inputs = v.inputs.map((input) => rewritten.get(input) ?? copyOf(input));
    if (inputs.every((input, i) => input === v.inputs[i])) continue;
    b.scope = v.scope;
    rewritten.set(v, b.op(v.op, inputs, v.attrs));
  }
  const late = new Set([...copies.values()].filter((v) => !isLeaf(v)));
  const flops = flopsOf([...late]);
  return { outputs: outputs.map((v) => rewritten.get(v) ?? copyOf(v)), late, flops };
}

/** Reorders values: each late value stands right before the first value that reads it. */
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
