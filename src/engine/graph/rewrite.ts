/**
 * Builds a graph anew with some values replaced; the builder folds and simplifies again on the way.
 */
import type { Builder } from "./builder";
import { topological, type Value } from "./value";

/**
 * @param replace the new value of an old one, given its rebuilt inputs and where all values before
 *   it went; undefined keeps the node as it is
 * @returns the new outputs, and where every old value went
 */
export function rewrite(
  outputs: readonly Value[],
  b: Builder,
  replace: (old: Value, inputs: readonly Value[], map: ReadonlyMap<Value, Value>) => Value | undefined,
): { outputs: Value[]; map: Map<Value, Value> } {
  const map = new Map<Value, Value>();
  for (const value of topological(outputs)) {
    const inputs = value.inputs.map((i) => map.get(i)!);
    let next = replace(value, inputs, map);
    if (!next) {
      const changed = inputs.some((input, i) => input !== value.inputs[i]);
      b.scope = value.scope;
      next = changed ? b.op(value.op, inputs, value.attrs) : value;
    }
    map.set(value, next);
  }
  b.scope = "";
  return { outputs: outputs.map((o) => map.get(o)!), map };
}
