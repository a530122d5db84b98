/**
 * Fuses a sum over products of two tensors into one operator, so that memory never holds the
 * products. The gradients of scales have this form: in normalisations, IA3, SSF and VeRA.
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
    // Rebuilding may have simplified the product to something else.
    const [x, y] = inputs[0].op === "Mul" ? inputs[0].inputs : [];
    if (!x || !sameShape(x.shape, y.shape)) return;
    b.scope = scope;
    return b.op("ReduceSumProduct", [x, y], attrs);
  }).outputs;
}
