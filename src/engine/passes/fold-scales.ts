/**
 * Folds a frozen scale per channel into the frozen weight of the convolution before it. Batch
 * normalisation with frozen statistics is such a scale. A trained layer or normalisation is not
 * folded, because its leaf is a Trainable. Scales of linear layers (LayerScale) stay too: a second
 * copy of their weights would cost more memory than the multiplication, which runs inside another
 * kernel anyway.
 */

import { Builder } from "../graph/builder";
import { dataIdentity } from "../graph/lazy-tensor";
import { rewrite } from "../graph/rewrite";
import { sameShape, sizeOf, type Tensor } from "../graph/tensor";
import { consumersOf, topological, type Value } from "../graph/value";
import { axisBefore } from "./axis-before";

/** Whether a value is stored and not trained, in a graph with a method applied. */
const isFrozen = (v: Value) => v.op === "Constant" || v.op === "Parameter";

/** The axis of `y` along which a stored scale varies. null for single numbers and tables. */
function channelAxis(scale: Value, y: Value): number | null {
  const lead = y.shape.length - scale.shape.length;
  const long = scale.shape.flatMap((d, i) => (d > 1 ? [i + lead] : []));
  return long.length === 1 && lead >= 0 && scale.shape[long[0] - lead] === y.shape[long[0]] ? long[0] : null;
}

/** Reshapes `scale` [C] so that it broadcasts along one axis of a tensor with this rank. */
const broadcastAlong = (b: Builder, scale: Value, axis: number, rank: number) =>
  b.reshape(
    scale,
    Array.from({ length: rank }, (_, i) => (i === axis ? sizeOf(scale.shape) : 1)),
  );

/**
 * Scaled weights by original weight. Graphs of several trainers share them, as they share the
 * original weights.
 */
const scaledWeights = new WeakMap<object, { scale: Tensor["data"]; weight: Tensor }[]>();

/** Multiplies convolution kernels [O, …] by `scale` [O]. */
function scaledWeight(b: Builder, weight: Value, scale: Value): Value {
  const identity = dataIdentity(weight.data!);
  const known = scaledWeights.get(identity) ?? [];
  const { data } = scale.data!;
  const found = known.find((m) => sameShape(m.weight.shape, weight.shape) && data.every((x, i) => x === m.scale[i]));
  if (found) return b.constant(found.weight);
  const value = b.mul(weight, broadcastAlong(b, scale, 0, weight.shape.length));
  scaledWeights.set(identity, [...known, { scale: data, weight: value.data! }]);
  return value;
}

/**
 * `y` times `scale` [C] along `axis`, with the scale folded into the weight. Returns null where `y`
 * is no product with a constant weight.
 */
function foldScaleInto(
  b: Builder,
  y: Value,
  scale: Value,
  axis: number,
  isPrivate: (v: Value) => boolean,
  own: ReadonlyMap<Value, Value>,
): Value | null {
  // If another operator reads the unscaled value, folding would compute it twice.
  if (!isPrivate(own.get(y) ?? y)) return null;
  const recurse = (v: Value, at: number) => foldScaleInto(b, v, scale, at, isPrivate, own);
  const rank = y.shape.length;
  if (y.op === "Add") {
    const side = y.inputs.findIndex(isFrozen);
    if (side < 0 || y.inputs[1 - side].shape.length !== rank) return null;
    const product = recurse(y.inputs[1 - side], axis);
    return product && b.add(product, b.mul(y.inputs[side], broadcastAlong(b, scale, axis, rank)));
  }
  if (y.op === "Reshape" || y.op === "Transpose") {
    const before = axisBefore(y, axis);
    const product = before === null ? null : recurse(y.inputs[0], before);
    return product && b.op(y.op, [product], y.attrs);
  }
  if (y.op === "Conv" && axis === 1 && isFrozen(y.inputs[1]))
    return b.op("Conv", [y.inputs[0], scaledWeight(b, y.inputs[1], scale)], y.attrs);
  // A 1×1 convolution: weight [O, I] · map [B, I, HW].
  const [weight, map] = y.inputs;
  if (y.op !== "MatMul" || axis !== rank - 2 || !isFrozen(weight) || weight.shape.length !== 2) return null;
  return y.attrs.transA === 1 ? null : b.op("MatMul", [scaledWeight(b, weight, scale), map], y.attrs);
}

export function foldScales(outputs: readonly Value[]): Value[] {
  const b = new Builder(true);
  const consumers = consumersOf(topological(outputs));
  const kept = new Set(outputs);
  /** The old value for each rebuilt value. */
  const origin = new Map<Value, Value>();
  const isPrivate = (old: Value) => (consumers.get(old)?.length ?? 1) === 1 && !kept.has(old);
  return rewrite(outputs, b, (old, inputs) => {
    inputs.forEach((v, i) => {
      origin.set(v, old.inputs[i]);
    });
    if (old.op !== "Mul") return undefined;
    const side = inputs.findIndex(isFrozen);
    const y = inputs[1 - side];
    const axis = side < 0 || y.shape.length !== old.shape.length ? null : channelAxis(inputs[side], y);
    if (axis === null) return undefined;
    const scale = b.reshape(inputs[side], [sizeOf(inputs[side].shape)]);
    return foldScaleInto(b, y, scale, axis, isPrivate, origin) ?? undefined;
  }).outputs;
}
