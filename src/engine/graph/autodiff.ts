/**
 * Reverse-mode automatic differentiation. It walks the graph once from the loss to the leaves and
 * writes cotangents as ordinary values, so that passes and kernels treat them like all others. It
 * follows only values that depend on a leaf of `wrt`. Griewank & Walther, Evaluating Derivatives
 * (2008), chapter 3.
 *
 * A cotangent has the shape of its value. Where an operator broadcasts an input, its `vjp` sums the
 * cotangent over the stretched axes (`Builder.reduceTo`).
 */
import { assert } from "../../base/error";
import type { Builder } from "./builder";
import { isDifferentiable } from "./operator";
import { opDef } from "./operators";
import { sameShape } from "./tensor";
import { dependents, topological, type Value } from "./value";

/**
 * Adds values to the graph that compute the gradients.
 *
 * @param loss a value of one element
 * @param wrt leaves to differentiate with respect to
 * @returns d loss / d leaf for each leaf, with the leaf's shape, or null where the loss does not
 *   depend on the leaf
 */
export function gradients(b: Builder, loss: Value, wrt: readonly Value[]): (Value | null)[] {
  const order = topological([loss]);
  const active = dependents(order, wrt);
  const cotangents = new Map<Value, Value>();
  if (active.has(loss)) cotangents.set(loss, b.filled(loss.shape, 1));
  for (let i = order.length - 1; i >= 0; i--) {
    const y = order[i];
    const dy = cotangents.get(y);
    if (!dy || y.inputs.length === 0) continue;
    const needs = y.inputs.map((input) => active.has(input));
    if (!needs.includes(true)) continue;
    b.scope = y.scope;
    const def = opDef(y.op);
    const partials = def.vjp({ y, dy, inputs: y.inputs, attrs: y.attrs, b, needs });
    y.inputs.forEach((input, k) => {
      const partial = partials[k];
      if (!needs[k]) return;
      if (!partial) {
        assert(!isDifferentiable(def, k), `${y.op} gave no cotangent for its input ${k}`);
        return;
      }
      assert(
        sameShape(partial.shape, input.shape),
        `${y.op} gave a cotangent [${partial.shape}] for an input [${input.shape}]`,
      );
      const sum = cotangents.get(input);
      cotangents.set(input, sum ? b.add(sum, partial) : partial);
    });
  }
  b.scope = "";
  return wrt.map((leaf) => cotangents.get(leaf) ?? null);
}
