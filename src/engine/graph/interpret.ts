/**
 * The CPU interpreter: evaluates a graph with each operator's own `interpret`. The tests compare
 * the kernels with it, and it runs where there is no GPU.
 */
import { assert } from "../../base/error";
import { opDef } from "./operators";
import type { Tensor } from "./tensor";
import { topological, type Value } from "./value";

/**
 * Evaluates a graph. It frees each intermediate result after its last use.
 *
 * @param leaves numbers of every leaf without data
 * @returns the numbers of `outputs`, in their order
 */
export function interpret(outputs: readonly Value[], leaves: ReadonlyMap<Value, Tensor>): Tensor[] {
  const order = topological(outputs);
  const uses = new Map<Value, number>();
  for (const value of order) for (const input of value.inputs) uses.set(input, (uses.get(input) ?? 0) + 1);
  for (const value of outputs) uses.set(value, Infinity);
  const results = new Map<Value, Tensor>();
  for (const value of order) {
    const given = leaves.get(value) ?? value.data;
    if (given) {
      results.set(value, given);
      continue;
    }
    assert(value.inputs.length > 0, `no value for the leaf ${value.op} ${value.name ?? ""}`);
    const inputs = value.inputs.map((i) => results.get(i)!);
    results.set(value, opDef(value.op).interpret(inputs, value.attrs, value.shape));
    for (const input of value.inputs) {
      const left = uses.get(input)! - 1;
      uses.set(input, left);
      if (left === 0) results.delete(input);
    }
  }
  return outputs.map((o) => results.get(o)!);
}
