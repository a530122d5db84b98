/**
 * The interface through which operators, gradients and methods write graphs. `Builder` implements
 * it.
 */
import type { DType, Tensor } from "./tensor";
import type { Attrs, Value } from "./value";

export interface GraphWriter {
  /** PyTorch module path for new values. */
  scope: string;
  input(name: string, shape: readonly number[], dtype?: DType): Value;
  constant(data: Tensor, stored?: Value["stored"]): Value;
  scalar(value: number): Value;
  ints(values: readonly number[]): Value;
  filled(shape: readonly number[], value: number): Value;
  /** The value that an operator computes, or an equal, simpler value. */
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
  /** Sums over axes and keeps them with length 1. */
  sum(a: Value, axes: readonly number[]): Value;
  expand(a: Value, shape: readonly number[]): Value;
  /** The exact GELU, x · Φ(x), where Φ is the normal distribution function. arXiv 1606.08415 */
  gelu(x: Value): Value;
  /**
   * Multiplies the last axis of x by a two-dimensional weight: [K, N], or [N, K] where `transB`. It
   * flattens the leading axes, so that one large product computes everything.
   */
  linear(x: Value, weight: Value, transB: boolean): Value;
  /** Undoes broadcasting: sums `value` over the stretched axes to `shape`. */
  reduceTo(value: Value, shape: readonly number[]): Value;
}
