/**
 * Replaces softmax(q·kᵀ·scale)·v by one operator that never stores the matrix of queries by keys.
 * It requires that nothing lies in between: no mask, bias or dropout.
 */
import { Builder } from "../graph/builder";
import { rewrite } from "../graph/rewrite";
import { consumersOf, scalarOf, topological, type Value } from "../graph/value";
import { readsByQuads } from "../ops/fused-attention";

/**
 * The operand and the factor of a multiplication by a constant number. For any other value, the
 * value and 1.
 */
function scaledBy(v: Value): { product: Value; scale: number } {
  const [first, second] = v.inputs.map(scalarOf);
  if (v.op === "Mul" && first !== null) return { product: v.inputs[1], scale: first };
  if (v.op === "Mul" && second !== null) return { product: v.inputs[0], scale: second };
  if (v.op === "Div" && second !== null) return { product: v.inputs[0], scale: 1 / second };
  return { product: v, scale: 1 };
}

/**
 * The operands of an attention with the result `y`, and the values in between. null where `y` is
 * something else.
 */
function match(y: Value): { q: Value; keys: Value; isTransposed: boolean; scale: number; inner: Value[] } | null {
  const [softmax] = y.inputs;
  if (y.op !== "MatMul" || y.attrs.transA === 1 || y.attrs.transB === 1 || softmax.op !== "Softmax") return null;
  const [scores] = softmax.inputs;
  const { product, scale } = scaledBy(scores);
  if (product.op !== "MatMul" || product.attrs.transA === 1) return null;
  const [q, keys] = product.inputs;
  return { q, keys, isTransposed: product.attrs.transB !== 1, scale, inner: [softmax, scores, product] };
}

/** Transposes the last two axes. */
function withSwappedAxes(b: Builder, v: Value): Value {
  const rank = v.shape.length;
  return b.transpose(v, [...Array(rank - 2).keys(), rank - 1, rank - 2]);
}

export function fuseAttention(outputs: readonly Value[]): Value[] {
  const b = new Builder();
  const consumers = consumersOf(topological(outputs));
  const kept = new Set(outputs);
  const isPrivate = (v: Value) => consumers.get(v)!.length === 1 && !kept.has(v);
  return rewrite(outputs, b, (old, inputs) => {
    if (!match(old)?.inner.every(isPrivate)) return undefined;
    const hit = match({ ...old, inputs });
    if (!hit) return undefined;
    const { q, keys, isTransposed, scale } = hit;
    b.scope = old.scope;
    const k = isTransposed ? withSwappedAxes(b, keys) : keys;
    const v = inputs[1];
    return readsByQuads(q.shape, k.shape, v.shape) ? b.op("FusedAttention", [q, k, v], { scale }) : undefined;
  }).outputs;
}
