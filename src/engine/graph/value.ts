/**
 * The graph: values, each made by one node of one output, so that a value and its node are one
 * object. A graph is its output values; what they do not reach does not exist, hence no dead-code
 * pass. ONNX operators of several outputs (Split, …) become several values on reading.
 */
import { type DType, sizeOf, type Tensor } from "./tensor";

export type Attr = number | string | readonly number[];
export type Attrs = Readonly<Record<string, Attr>>;

export interface Value {
  readonly id: number;
  /** ONNX operator name, or one of the three leaves: "Input", "Constant", "Parameter". */
  readonly op: string;
  readonly inputs: readonly Value[];
  readonly attrs: Attrs;
  readonly shape: readonly number[];
  readonly dtype: DType;
  /** Constants and parameters: their numbers. */
  readonly data?: Tensor;
  /** Inputs and parameters: their name. */
  readonly name?: string;
  /**
   * Constants: the file's nameless weights that they hold or were computed from, with their element
   * counts.
   */
  readonly stored?: ReadonlyMap<string, number>;
  /**
   * PyTorch module path of the node that the exporter wrote, e.g. "layers.0.mlp.fc1"; "" if
   * unknown.
   */
  readonly scope: string;
}

/** Inputs, constants and parameters: values that no operator makes. */
export const isLeaf = (v: Value): boolean => v.inputs.length === 0;

/** The number that a constant of one element holds; null for everything else. */
export const scalarOf = (v: Value | undefined): number | null =>
  v?.op === "Constant" && sizeOf(v.shape) === 1 ? v.data!.data[0] : null;

/** Values that `outputs` reach, every one after its inputs. */
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

/** Consumers of every value among those that `outputs` reach. */
export function consumersOf(order: readonly Value[]): Map<Value, Value[]> {
  const consumers = new Map<Value, Value[]>(order.map((v) => [v, []]));
  for (const value of order) for (const input of new Set(value.inputs)) consumers.get(input)!.push(value);
  return consumers;
}

/** The values among `order` that depend on one of `roots` (roots included). */
export function dependents(order: readonly Value[], roots: Iterable<Value>): Set<Value> {
  const set = new Set<Value>(roots);
  for (const value of order) if (value.inputs.some((i) => set.has(i))) set.add(value);
  return set;
}
