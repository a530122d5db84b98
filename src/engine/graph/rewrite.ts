/**
 * Rebuilds a graph with some values replaced. The builder folds and simplifies the new graph again.
 */
import type { Builder } from "./builder";
import { topological, type Value } from "./value";

/**
 * Rebuilds the graph of `outputs`.
 *
 * @param replace gives the new value for an old one, from its rebuilt inputs and the map of all
 *   values before it. undefined keeps the value as it is.
 * @returns the new outputs, and the map from every old value to its new one
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
