/** Removes what only training needs, such as dropout. */
import { Builder } from "../graph/builder";
import { rewrite } from "../graph/rewrite";
import type { Value } from "../graph/value";
import { opDef } from "../ops";

export function forInference(outputs: readonly Value[]): Value[] {
  return rewrite(outputs, new Builder(), (old, inputs) =>
    inputs.length > 0 ? opDef(old.op).atInference?.(inputs) : undefined,
  ).outputs;
}
