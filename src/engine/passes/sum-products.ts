/**
 * A sum of products of two tensors (the gradients of scales: of a normalisation, of IA3, SSF, VeRA)
 * becomes one operator, so that the products are not written to memory.
 */
import { Builder } from "../graph/builder";
import { rewrite } from "../graph/rewrite";
import { sameShape } from "../graph/tensor";
import { consumersOf, topological, type Value } from "../graph/value";

export function sumProducts(outputs: readonly Value[]): Value[] {
  const b = new Builder();
  const consumers = consumersOf(topological(outputs));
  const kept = new Set(outputs);
  return rewrite(outputs, b, ({ op, inputs: [product], attrs, scope }, inputs) => {
    if (op !== "ReduceSum" || product.op !== "Mul" || consumers.get(product)!.length > 1 || kept.has(product)) return;
    // What was made anew may have become simpler than a product.
    const [x, y] = inputs[0].op === "Mul" ? inputs[0].inputs : [];
    if (!x || !sameShape(x.shape, y.shape)) return;
    b.scope = scope;
    return b.op("ReduceSumProduct", [x, y], attrs);
  }).outputs;
}
