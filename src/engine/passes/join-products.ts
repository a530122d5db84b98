/**
 * Matrix products that are only added up (a layer's own and its low-rank update's; the gradients
 * that q, k and v send back) become one operator, so that the parts of the sum are not written to
 * memory and read again.
 */
import { groupBy } from "../../base/group-by";
import { Builder } from "../graph/builder";
import { rewrite } from "../graph/rewrite";
import { sizeOf } from "../graph/tensor";
import { consumersOf, topological, type Value } from "../graph/value";
import { range } from "../ops/define";

/** A product within a sum. */
interface ProductTerm {
  product: Value;
  /**
   * The innermost sum around it that adds what is broadcast, and so would lose its shape with the
   * last of its parts.
   */
  within: Value | null;
}

/** @param maxBuffers that a kernel may bind; one is left for what follows the sum */
export function joinProducts(outputs: readonly Value[], maxBuffers: number): Value[] {
  const b = new Builder();
  const order = topological(outputs);
  const consumers = consumersOf(order);
  const kept = new Set(outputs);
  const maxTerms = Math.floor((maxBuffers - 2) / 2);
  const isInner = (v: Value) => !kept.has(v) && consumers.get(v)!.length === 1;

  /** The products that are added up in `v`, a sum or a view of one. */
  const partsOf = (v: Value, size: number, within: Value | null): ProductTerm[] => {
    if (v.op === "MatMul") return [{ product: v, within }];
    if (v.op === "Reshape") return isInner(v.inputs[0]) ? partsOf(v.inputs[0], size, within) : [];
    if (v.op !== "Add") return [];
    const parts = v.inputs.filter((input) => sizeOf(input.shape) === size);
    const scope = parts.length < v.inputs.length ? v : within;
    return parts.flatMap((input) => (isInner(input) ? partsOf(input, size, scope) : []));
  };

  /** Sums within larger ones. */
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
    /** The sum with what was made; null where nothing is left of it. */
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

/** Parts to be joined, in front of each list the one whose place is kept. */
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
