/**
 * The graph. A value is the one output of one node, so a value and its node are the same object. A
 * graph is given by its output values. Values that they do not reach are not part of it, so no pass
 * needs to remove dead code. An ONNX operator with several outputs (Split, …) becomes several
 * values when it is read.
 */
import { type DType, sizeOf, type Tensor } from "./tensor";

export type Attr = number | string | readonly number[];
export type Attrs = Readonly<Record<string, Attr>>;

/** One tensor of the graph and the operator that computes it. */
export interface Value {
  readonly id: number;
  /** ONNX operator name, or one of the leaves "Input", "Constant", "Parameter" and "Trainable". */
  readonly op: string;
  readonly inputs: readonly Value[];
  readonly attrs: Attrs;
  readonly shape: readonly number[];
  readonly dtype: DType;
  /** The numbers of constants and parameters. */
  readonly data?: Tensor;
  /** The name of inputs, parameters and trainables. */
  readonly name?: string;
  /**
   * For constants: the unnamed weights of the file from which the constant was computed, with their
   * numbers of elements.
   */
  readonly stored?: ReadonlyMap<string, number>;
  /** PyTorch module path of the ONNX node, e.g. "layers.0.mlp.fc1". "" if unknown. */
  readonly scope: string;
}

/** Whether no operator computes the value: an input, constant, parameter or trainable. */
export const isLeaf = (v: Value): boolean => v.inputs.length === 0;

/** The number of a constant with one element, or null for any other value. */
export const scalarOf = (v: Value | undefined): number | null =>
  v?.op === "Constant" && sizeOf(v.shape) === 1 ? v.data!.data[0] : null;

/** All values that `outputs` reach, each after its inputs. */
export function topological(outputs: readonly Value[]): Value[] {
  const order: Value[] = [];
  const seen = new Set<Value>();
  for (const root of outputs) {
    const stack: [Value, number][] = [[root, 0]];
    while (stack.length) {
      const top = stack[stack.length - 1];
      const [value, next] = top;
      if (next === 0 && seen.has(value)) {
        stack.pop();
      } else if (next < value.inputs.length) {
        seen.add(value);
        top[1]++;
        const input = value.inputs[next];
        if (!seen.has(input)) stack.push([input, 0]);
      } else {
        seen.add(value);
        order.push(value);
        stack.pop();
      }
    }
  }
  return order;
}

/** The consumers of each value, among the values of `order`. */
export function consumersOf(order: readonly Value[]): Map<Value, Value[]> {
  const consumers = new Map<Value, Value[]>(order.map((v) => [v, []]));
  for (const value of order) for (const input of new Set(value.inputs)) consumers.get(input)!.push(value);
  return consumers;
}

/** The values of `order` that depend on one of `roots`, including the roots. */
export function dependents(order: readonly Value[], roots: Iterable<Value>): Set<Value> {
  const set = new Set<Value>(roots);
  for (const value of order) if (value.inputs.some((i) => set.has(i))) set.add(value);
  return set;
}
