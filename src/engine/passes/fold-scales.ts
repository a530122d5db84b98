/**
 * A constant scale per output channel of a product or convolution with a constant weight becomes part of that weight: batch
 * normalisation behind a convolution, LayerScale behind a linear layer. After folding, only what is frozen is constant, so
 * that a layer or a norm that is trained keeps the two apart.
 */
import { Builder } from "../ir/builder";
import { rewrite } from "../ir/rewrite";
import { consumersOf, topological, type Value } from "../ir/value";
import { axisBefore } from "../structure/graph-view";
import { sizeOf } from "../tensor";

/** The axis of `y` that a constant scale varies along; null for numbers and tables. */
function channelAxis(scale: Value, y: Value): number | null {
  const lead = y.shape.length - scale.shape.length;
  const long = scale.shape.flatMap((d, i) => (d > 1 ? [i + lead] : []));
  return long.length === 1 && lead >= 0 && scale.shape[long[0] - lead] === y.shape[long[0]] ? long[0] : null;
}

/** `scale` [C] arranged along one axis of a tensor of that rank. */
const along = (b: Builder, scale: Value, axis: number, rank: number) =>
  b.reshape(
    scale,
    Array.from({ length: rank }, (_, i) => (i === axis ? sizeOf(scale.shape) : 1)),
  );

/** `y` times `scale` [C] along `axis`, with the scale inside the weight; null where `y` is no product of a constant weight. */
function scaled(
  b: Builder,
  y: Value,
  scale: Value,
  axis: number,
  isPrivate: (v: Value) => boolean,
  own: ReadonlyMap<Value, Value>,
): Value | null {
  // Another user of the unscaled value would need it computed twice.
  if (!isPrivate(own.get(y) ?? y)) return null;
  const recurse = (v: Value, at: number) => scaled(b, v, scale, at, isPrivate, own);
  const rank = y.shape.length;
  if (y.op === "Add") {
    const side = y.inputs.findIndex((v) => v.op === "Constant");
    if (side < 0 || y.inputs[1 - side].shape.length !== rank) return null;
    const product = recurse(y.inputs[1 - side], axis);
    return product && b.add(product, b.mul(y.inputs[side], along(b, scale, axis, rank)));
  }
  if (y.op === "Reshape" || y.op === "Transpose") {
    const before = axisBefore(y, axis);
    const product = before === null ? null : recurse(y.inputs[0], before);
    return product && b.op(y.op, [product], y.attrs);
  }
  if (y.op === "Conv" && axis === 1 && y.inputs[1].op === "Constant") {
    const weight = b.mul(y.inputs[1], along(b, scale, 0, 4));
    return b.op("Conv", [y.inputs[0], weight], y.attrs);
  }
  if (y.op === "MatMul" && axis >= rank - 2) {
    // Columns of the product are the weight's on the right, its rows the weight's on the left.
    const side = axis === rank - 1 ? 1 : 0;
    const weight = y.inputs[side];
    if (weight.op !== "Constant" || weight.shape.length !== 2) return null;
    const isTransposed = (side === 1 ? y.attrs.transB : y.attrs.transA) === 1;
    const own = b.mul(weight, along(b, scale, (side === 1) === isTransposed ? 0 : 1, 2));
    return b.op("MatMul", side === 1 ? [y.inputs[0], own] : [own, y.inputs[1]], y.attrs);
  }
  return null;
}

export function foldScales(outputs: readonly Value[]): Value[] {
  const b = new Builder();
  const consumers = consumersOf(topological(outputs));
  const kept = new Set(outputs);
  /** Rebuilt value → the old one. */
  const origin = new Map<Value, Value>();
  const isPrivate = (old: Value) => (consumers.get(old)?.length ?? 1) === 1 && !kept.has(old);
  return rewrite(outputs, b, (old, inputs) => {
    inputs.forEach((v, i) => {
      origin.set(v, old.inputs[i]);
    });
    if (old.op !== "Mul") return undefined;
    const side = inputs.findIndex((v) => v.op === "Constant");
    const y = inputs[1 - side];
    const axis = side < 0 || y.shape.length !== old.shape.length ? null : channelAxis(inputs[side], y);
    if (axis === null) return undefined;
    const scale = b.reshape(inputs[side], [sizeOf(inputs[side].shape)]);
    return scaled(b, y, scale, axis, isPrivate, origin) ?? undefined;
  }).outputs;
}
