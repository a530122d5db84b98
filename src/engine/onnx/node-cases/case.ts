/** A single ONNX node with its inputs. Tests compare each reader with onnxruntime on them. */

export interface NodeInput {
  /** x: an input of the model; w: a float weight; i, f, b: given integers, floats, booleans. */
  kind: "x" | "w" | "i" | "f" | "b";
  shape: readonly number[];
  values?: readonly number[];
}

export interface NodeCase {
  op: string;
  inputs: readonly (NodeInput | null)[];
  /** Whole numbers are integers. `float(2)` marks a float that happens to be whole. */
  attrs?: Readonly<Record<string, NodeAttr>>;
  opset?: number;
  /** An operator of com.microsoft. */
  vendor?: boolean;
  outputs?: number;
  /** Range of the random numbers; default [-2, 2]. */
  domain?: readonly [number, number];
}

export type NodeAttr = number | string | readonly number[] | { float: number } | { floats: readonly number[] };

export const float = (value: number) => ({ float: value });
export const floats = (...values: number[]) => ({ floats: values });

/** A random input of the model. */
export const x = (...shape: number[]): NodeInput => ({ kind: "x", shape });
/** A random weight in the file. */
export const w = (...shape: number[]): NodeInput => ({ kind: "w", shape });

const given =
  (kind: "i" | "f" | "b") =>
  (values: readonly number[], shape: readonly number[] = [values.length]): NodeInput => ({ kind, shape, values });
/** Given integers in the file, one-dimensional unless a shape is given. */
export const i = given("i");
export const f = given("f");
export const b = given("b");

/** The case for each of several attribute sets. */
export function each(
  base: Omit<NodeCase, "attrs">,
  ...attrs: readonly Readonly<Record<string, NodeAttr>>[]
): NodeCase[] {
  return attrs.map((a) => ({ ...base, attrs: a }));
}
