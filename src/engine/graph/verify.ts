/** Checks what must hold of every graph. It runs after each pass. */
import { assert } from "../../base/error";
import { opDef } from "./operators";
import { sameShape } from "./tensor";
import { topological, type Value } from "./value";

const LEAVES = new Set(["Input", "Constant", "Parameter", "Trainable"]);

/**
 * Checks that every operator is known and that every recorded shape equals the inferred one.
 *
 * @param stage name of the pass, for the error
 * @returns `outputs`
 * @throws Error naming the stage and the first value that is wrong
 */
export function verify(outputs: readonly Value[], stage: string): readonly Value[] {
  for (const v of topological(outputs)) {
    const where = `after ${stage}: ${v.op}${v.scope ? ` in ${v.scope}` : ""}`;
    assert(
      v.shape.every((d) => Number.isInteger(d) && d >= 0),
      `${where} has the shape [${v.shape}]`,
    );
    if (v.inputs.length === 0) {
      assert(LEAVES.has(v.op), `${where} has no inputs`);
      continue;
    }
    const { shape } = opDef(v.op).shape(v.inputs, v.attrs);
    assert(sameShape(shape, v.shape), `${where} records [${v.shape}] but its inputs give [${shape}]`);
  }
  return outputs;
}
