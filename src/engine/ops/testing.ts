/** Inputs for the operators' cases, the same in every test. */
import { createPrng } from "../../base/prng";
import { Builder } from "../graph/builder";
import { sizeOf, type Tensor, tensor } from "../graph/tensor";
import type { Value } from "../graph/value";
import type { OpCase, OpDef } from "./define";
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
