/** The words that operators, gradients and methods write graphs with; `Builder` implements them. */
import type { DType, Tensor } from "./tensor";
import type { Attrs, Value } from "./value";

export interface GraphWriter {
  /** Module path given to new values. */
  scope: string;
  input(name: string, shape: readonly number[], dtype?: DType): Value;
  constant(data: Tensor, stored?: Value["stored"]): Value;
  scalar(value: number): Value;
  ints(values: readonly number[]): Value;
  filled(shape: readonly number[], value: number): Value;
  /** A value made by an operator, or an equal, simpler one. */
  op(type: string, inputs: readonly Value[], attrs?: Attrs): Value;
  add(a: Value, b: Value): Value;
  sub(a: Value, b: Value): Value;
  mul(a: Value, b: Value): Value;
  div(a: Value, b: Value): Value;
  neg(a: Value): Value;
  scale(a: Value, factor: number): Value;
  matmul(a: Value, b: Value, transA?: boolean, transB?: boolean): Value;
  reshape(a: Value, shape: readonly number[]): Value;
  transpose(a: Value, perm: readonly number[]): Value;
  /** Sum over axes, which stay with length 1. */
  sum(a: Value, axes: readonly number[]): Value;
  expand(a: Value, shape: readonly number[]): Value;
  /** x · Φ(x), the exact GELU, where Φ is the normal distribution function. arXiv 1606.08415 */
  gelu(x: Value): Value;
  /**
   * x·w over the last axis of x for a two-dimensional weight: leading axes are flattened, one large
   * product.
   */
  linear(x: Value, weight: Value, transB: boolean): Value;
  /** Undoes broadcasting: sums `value` down to `shape`. */
  reduceTo(value: Value, shape: readonly number[]): Value;
}
