/** The graph as it predicts: without what only training has (dropout). */
import { Builder } from "../graph/builder";
import { rewrite } from "../graph/rewrite";
import type { Value } from "../graph/value";
import { opDef } from "../ops";

export function forInference(outputs: readonly Value[]): Value[] {
  return rewrite(outputs, new Builder(), (old, inputs) =>
    inputs.length > 0 ? opDef(old.op).atInference?.(inputs) : undefined,
  ).outputs;
}
