/**
 * Joins matrix products that are only added up into one operator, so that memory never holds the
 * terms of the sum. Examples are a layer's product with that of its low-rank update, and the
 * gradients of an input that q, k and v share.
 */
import { groupBy } from "../../base/group-by";
import { Builder } from "../graph/builder";
import { rewrite } from "../graph/rewrite";
import { sizeOf } from "../graph/tensor";
import { consumersOf, topological, type Value } from "../graph/value";
import { range } from "../ops/define";

/** A product that is a term of a sum. */
interface ProductTerm {
  product: Value;
  /**
   * The innermost sum around the product that also adds a broadcast term. It needs one term of full
   * shape to remain.
   */
  within: Value | null;
}

/**
 * @param maxBuffers storage buffers that a kernel may bind; one stays free for an operator after
 *   the sum
 */
export function joinProducts(outputs: readonly Value[], maxBuffers: number): Value[] {
  const b = new Builder();
  const order = topological(outputs);
  const consumers = consumersOf(order);
  const kept = new Set(outputs);
  const maxTerms = Math.floor((maxBuffers - 2) / 2);
  const isInner = (v: Value) => !kept.has(v) && consumers.get(v)!.length === 1;

  /** The products that are terms of `v`, which is a sum or a view of one. */
  const partsOf = (v: Value, size: number, within: Value | null): ProductTerm[] => {
    if (v.op === "MatMul") return [{ product: v, within }];
    if (v.op === "Reshape") return isInner(v.inputs[0]) ? partsOf(v.inputs[0], size, within) : [];
    if (v.op !== "Add") return [];
    const parts = v.inputs.filter((input) => sizeOf(input.shape) === size);
    const scope = parts.length < v.inputs.length ? v : within;
    return parts.flatMap((input) => (isInner(input) ? partsOf(input, size, scope) : []));
  };

  /** Sums that are terms of larger sums. */
  const inner = new Set<Value>();
  for (const v of [...order].reverse()) {
    const isPart = v.op === "Reshape" ? inner.has(v) : v.op === "Add";
    if (!isPart) continue;
    for (const input of v.inputs) if (isInner(input) && sizeOf(input.shape) === sizeOf(v.shape)) inner.add(input);
  }

  return rewrite(outputs, b, (old, _, map) => {
    if (old.op !== "Add" || inner.has(old)) return undefined;
    const chunks = chunksByBuffers(partsOf(old, sizeOf(old.shape), null), maxTerms);
    if (chunks.length === 0) return undefined;
    const made = new Map<Value, Value | null>();
    for (const [first, ...others] of chunks) {
      for (const { product } of others) made.set(product, null);
      const products = [first, ...others].map(({ product }) => product);
      b.scope = first.product.scope;
      const inputs = products.flatMap((p) => p.inputs.map((input) => map.get(input)!));
      const flags = (name: string) => products.map((p) => p.attrs[name] as number);
      const sum = b.op("MatMulSum", inputs, { transA: flags("transA"), transB: flags("transB") });
      made.set(first.product, b.reshape(sum, first.product.shape));
    }
    /** The sum with the joined products. null where no term remains. */
    const rebuilt = (v: Value): Value | null => {
      const known = made.get(v);
      if (known !== undefined) return known;
      const isOpen = v === old || (isInner(v) && sizeOf(v.shape) === sizeOf(old.shape));
      if (!isOpen || (v.op !== "Add" && v.op !== "Reshape")) return map.get(v)!;
      const [x, y] = v.inputs.map(rebuilt);
      b.scope = v.scope;
      if (v.op === "Reshape") return x && b.reshape(x, v.shape);
      return x && y ? b.add(x, y) : (x ?? y);
    };
    return rebuilt(old)!;
  }).outputs;
}

/** Lists of products to join. The joined product takes the place of the first one in each list. */
function chunksByBuffers(parts: readonly ProductTerm[], maxTerms: number): ProductTerm[][] {
  return [...groupBy(parts, ({ product }) => product.shape.join()).values()].flatMap((alike) => {
    const bound = groupBy(alike, ({ within }) => within);
    const free = bound.get(null) ?? [];
    bound.delete(null);
    const [first = [], ...others] = bound.values();
    const chunks = [[...first, ...free], ...others].flatMap((list) =>
      range(Math.ceil(list.length / maxTerms)).map((k) => list.slice(k * maxTerms, (k + 1) * maxTerms)),
    );
    return chunks.filter((chunk) => chunk.length > 1);
  });
}
