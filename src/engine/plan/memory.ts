/** Counts the bytes that a graph occupies, without planning it for a device. */
import { bytesOf } from "../graph/cost";
import { dataIdentity } from "../graph/lazy-tensor";
import { sizeOf } from "../graph/tensor";
import { topological, type Value } from "../graph/value";
import type { TrainingGraph } from "../training/graph";

/**
 * Bytes of the distinct tensors behind the leaves: 2 bytes per number where `isF16` holds, else 4.
 */
export function weightBytes(leaves: Iterable<Value>, isF16: (leaf: Value) => boolean = () => false): number {
  const sizes = [new Map<object, number>(), new Map<object, number>()];
  for (const leaf of leaves) {
    const { data } = leaf;
    const f16 = isF16(leaf);
    if (data) sizes[f16 ? 1 : 0].set(dataIdentity(data), (f16 ? 2 : 4) * sizeOf(data.shape));
  }
  return sizes.flatMap((map) => [...map.values()]).reduce((sum, bytes) => sum + bytes, 0);
}

/**
 * Peak bytes of computed values, if each is computed in topological order and freed after its last
 * use.
 */
export function activationBytes(outputs: readonly Value[]): number {
  const order = topological(outputs);
  const lastUse = new Map<Value, number>();
  for (const [i, v] of order.entries()) for (const input of v.inputs) lastUse.set(input, i);
  for (const v of outputs) lastUse.set(v, order.length);
  let now = 0;
  let most = 0;
  for (const [i, v] of order.entries()) {
    if (v.inputs.length === 0) continue;
    now += bytesOf([v]);
    most = Math.max(most, now);
    for (const input of new Set(v.inputs))
      if (input.inputs.length > 0 && lastUse.get(input) === i) now -= bytesOf([input]);
  }
  return most;
}

/** Every value that a training step or a prediction reads or computes. */
export const valuesOf = (graph: Pick<TrainingGraph, "loss" | "gradients" | "logits">): Value[] =>
  topological([graph.loss, ...graph.gradients, graph.logits]);
