/** Inputs for the operators' cases, the same in every test. */
import { FLOAT32_EPSILON } from "../../base/closeness";
import { createPrng } from "../../base/prng";
import { Builder } from "../graph/builder";
import { interpret } from "../graph/interpret";
import { sizeOf, type Tensor, tensor } from "../graph/tensor";
import type { Value } from "../graph/value";
import { type OpCase, type OpDef, range } from "./define";
import { ops } from "./index";

/** Random tensors in the case's domain, a little away from 0 so that kinks are not hit. */
export function caseInputs(def: OpDef, c: OpCase, seed = 0): Tensor[] {
  const prng = createPrng(seed, `${def.type} ${JSON.stringify(c.shapes)}`);
  const [low, high] = c.domain ?? [-2, 2];
  return c.shapes.map((shape, i) =>
    tensor(
      shape,
      c.values?.[i] ?? Float32Array.from({ length: sizeOf(shape) }, () => low + (high - low) * prng.uniform()),
    ),
  );
}

/** The operator on graph inputs of the case's shapes. */
export function caseGraph(def: OpDef, c: OpCase): { b: Builder; leaves: Value[]; y: Value } {
  const b = new Builder();
  const leaves = c.shapes.map((shape, i) => {
    const given = c.values?.[i];
    return given ? b.constant(tensor(shape, given)) : b.input(`x${i}`, shape);
  });
  return { b, leaves, y: b.op(def.type, leaves, c.attrs ?? {}) };
}

/** Every case of every operator, named. */
export const allCases: { name: string; def: OpDef; c: OpCase }[] = [...ops.values()].flatMap((def) =>
  def.cases.map((c) => ({
    name: `${def.type} ${c.shapes.map((s) => `[${s}]`).join(" ")} ${c.attrs ? JSON.stringify(c.attrs) : ""}`.trim(),
    def,
    c,
  })),
);

/**
 * Relative agreement of kernels: what WGSL promises of its functions, with room for sums in another
 * order.
 */
export const OP_TOLERANCE = 2e-5;

export const PERTURBATIONS = 4;
/**
 * Roundings of an element's own computation by which another order of its operations may differ.
 */
const OWN_ROUNDINGS = 16;
/** Roundings of a tensor's largest element that its small ones may differ by. */
const LARGEST_ROUNDINGS = 4;

export interface Reference {
  want: Tensor;
  /** [elements] difference that float32 rounding makes. */
  atol: Float64Array;
}

/**
 * The interpreter's results, and how far float32 rounding moves each element: the largest change
 * when every graph input moves by one unit in its last place, up or down at random, a few times. A
 * sum whose terms cancel thereby has the rounding of its terms, a small number that nothing
 * cancelled in that of its own size. Stochastic arithmetic: Vignes, Discrete stochastic arithmetic
 * for validating results of numerical software (2004).
 *
 * @param values of the leaves; constants of the graph are not moved
 */
export function referenceOf(
  outputs: readonly Value[],
  values: ReadonlyMap<Value, Tensor>,
  { absolute = 0 }: Pick<OpCase, "absolute"> = {},
): Reference[] {
  const prng = createPrng(0, "rounding");
  const nearby = (x: number) => x * (1 + (prng.uniform() < 0.5 ? FLOAT32_EPSILON : -FLOAT32_EPSILON));
  const moved = ([leaf, t]: [Value, Tensor]): [Value, Tensor] =>
    leaf.op === "Input" ? [leaf, tensor(t.shape, Array.from(t.data, nearby))] : [leaf, t];
  const perturbed = range(PERTURBATIONS).map(() => interpret(outputs, new Map([...values].map(moved))));
  return interpret(outputs, values).map((want, o) => {
    const largest = Array.from(want.data, Math.abs).reduce((most, x) => Math.max(most, x), 0);
    const common = absolute + LARGEST_ROUNDINGS * FLOAT32_EPSILON * largest;
    const atol = Float64Array.from(want.data, (x, i) => {
      const change = Math.max(...perturbed.map((results) => Math.abs(results[o].data[i] - x)));
      return common + OWN_ROUNDINGS * change;
    });
    return { want, atol };
  });
}
