/**
 * Elementwise operators are rows of a table: a function of numbers, a WGSL expression and a
 * derivative.
 */

import {
  broadcastShapes,
  broadcastStrides,
  type DType,
  emptyTensor,
  forEachOffset,
  sameShape,
  sizeOf,
  type Tensor,
} from "../graph/tensor";
import type { Attrs, Value } from "../graph/value";
import type { GraphWriter } from "../graph/writer";
import { defineOp, noGradient, type OnnxEmitter, type OnnxReader, type OpDef, required, shapeError } from "./define";

type Range = readonly [number, number];

/** Result of an n-ary elementwise function under NumPy broadcasting. */
export function mapBroadcast(
  inputs: readonly Tensor[],
  shape: readonly number[],
  dtype: DType,
  f: (...x: number[]) => number,
): Tensor {
  const out = emptyTensor(shape, dtype);
  const [a, b, c] = inputs.map((t) => t.data);
  const same = inputs.every((t) => t.data.length === out.data.length);
  if (same && inputs.length === 1) for (let i = 0; i < out.data.length; i++) out.data[i] = f(a[i]);
  else if (same && inputs.length === 2) for (let i = 0; i < out.data.length; i++) out.data[i] = f(a[i], b[i]);
  else {
    const strides = inputs.map((t) => broadcastStrides(t.shape, shape));
    if (inputs.length === 3) forEachOffset(shape, strides, (i, o) => (out.data[i] = f(a[o[0]], b[o[1]], c[o[2]])));
    else forEachOffset(shape, strides, (i, o) => (out.data[i] = f(a[o[0]], b[o[1]])));
  }
  return out;
}

export function broadcastAll(type: string, inputs: readonly Value[]): number[] {
  let shape: number[] = [];
  for (const input of inputs) {
    const next = broadcastShapes(shape, input.shape);
    if (!next) throw shapeError(type, inputs, "shapes that broadcast together");
    shape = next;
  }
  return shape;
}

export interface UnaryRow {
  type: string;
  f: (x: number, attrs: Attrs) => number;
  wgsl: (x: string, attrs: Attrs) => string;
  /** "same": the ONNX operator of this name, without attributes. */
  toOnnx: "same" | ((e: OnnxEmitter, x: string, attrs: Attrs) => string);
  /** Cotangent of the input; absent = not differentiable (zero almost everywhere). */
  d?: (args: { b: GraphWriter; x: Value; y: Value; dy: Value; attrs: Attrs }) => Value;
  attrs?: Attrs;
  domain?: Range;
  /** As in `OpCase`. */
  absolute?: number;
  /**
   * Reader of the ONNX node of the same name. The default takes the first input and no attributes;
   * `null` means that ONNX has no such operator.
   */
  onnx?: OnnxReader | null;
  dtype?: DType;
}

export function unary(row: UnaryRow): OpDef {
  return defineOp({
    type: row.type,
    kind: "elementwise",
    shape: ([x]) => ({ shape: [...x.shape], dtype: row.dtype ?? x.dtype }),
    interpret: ([x], attrs, shape) => mapBroadcast([x], shape, row.dtype ?? x.dtype, (v) => row.f(v, attrs)),
    wgsl: ([x], attrs) => row.wgsl(x, attrs),
    toOnnx: ({ e, inputs: [x], attrs }) => (row.toOnnx === "same" ? e.node(row.type, [x]) : row.toOnnx(e, x, attrs)),
    ...(row.d ? { vjp: ({ b, inputs: [x], y, dy, attrs }) => [row.d!({ b, x, y, dy, attrs })] } : noGradient),
    onnx: row.onnx === null ? {} : { [row.type]: row.onnx ?? ((n) => n.b.op(row.type, [required(n, 0)])) },
    cases: [
      { shapes: [[3, 4]], attrs: row.attrs, domain: row.domain, absolute: row.absolute },
      { shapes: [[1, 7]], attrs: row.attrs, domain: row.domain, absolute: row.absolute },
    ],
  });
}

type BinaryDerivative = (args: { b: GraphWriter; x: Value; y: Value; dy: Value; out: Value }) => Value;

export interface BinaryRow {
  type: string;
  f: (a: number, b: number) => number;
  /** The function on integers, where it differs: Div truncates. */
  integer?: (a: number, b: number) => number;
  wgsl: (a: string, b: string) => string;
  /** "same": the ONNX operator of this name. */
  toOnnx: "same" | ((e: OnnxEmitter, a: string, b: string) => string);
  /** Cotangents of both operands; absent = not differentiable (zero almost everywhere). */
  d?: readonly [da: BinaryDerivative, db: BinaryDerivative];
  domain?: Range;
  dtype?: DType;
  /**
   * Reader of the ONNX node of the same name. The default folds all inputs; `null` means that ONNX
   * has no such operator.
   */
  onnx?: OnnxReader | null;
  /** The neutral constant, and the sides on which it is neutral: x + 0, 0 + x, x − 0. */
  neutral?: { value: number; sides: readonly (0 | 1)[] };
}

/** True when every element of a small constant equals `value`. */
function isFilledWith(v: Value, value: number): boolean {
  return v.op === "Constant" && sizeOf(v.shape) <= 4096 && v.data!.data.every((x) => x === value);
}

/** A variadic node as a chain of the binary operator. */
export function foldInputs(n: Parameters<OnnxReader>[0], type: string): Value {
  return n.inputs.slice(1).reduce<Value>((acc, v) => n.b.op(type, [acc, v!]), required(n, 0));
}

const binaryVjp =
  (derivatives: NonNullable<BinaryRow["d"]>): OpDef["vjp"] =>
  ({ b, y: out, dy, inputs, needs }) => {
    const [x, y] = inputs;
    return derivatives.map((d, k) => (needs[k] ? b.reduceTo(d({ b, x, y, dy, out }), inputs[k].shape) : null));
  };

export function binary(row: BinaryRow): OpDef {
  return defineOp({
    type: row.type,
    kind: "elementwise",
    shape: (inputs) => ({ shape: broadcastAll(row.type, inputs), dtype: row.dtype ?? inputs[0].dtype }),
    interpret: (inputs, _, shape) => {
      const integral = inputs[0].dtype === "i64";
      return mapBroadcast(inputs, shape, row.dtype ?? inputs[0].dtype, (integral && row.integer) || row.f);
    },
    wgsl: ([a, b]) => row.wgsl(a, b),
    toOnnx: ({ e, inputs: [a, b] }) => (row.toOnnx === "same" ? e.node(row.type, [a, b]) : row.toOnnx(e, a, b)),
    simplify: (_, inputs, __, shape) => {
      for (const side of row.neutral?.sides ?? []) {
        const other = inputs[1 - side];
        if (sameShape(other.shape, shape) && isFilledWith(inputs[side], row.neutral!.value)) return other;
      }
      return null;
    },
    ...(row.d ? { vjp: binaryVjp(row.d) } : noGradient),
    onnx: row.onnx === null ? {} : { [row.type]: row.onnx ?? ((n) => foldInputs(n, row.type)) },
    cases: [
      {
        shapes: [
          [3, 4],
          [3, 4],
        ],
        domain: row.domain,
      },
      { shapes: [[2, 3, 4], [4]], domain: row.domain },
      {
        shapes: [
          [2, 1, 8],
          [3, 1],
        ],
        domain: row.domain,
      },
      { shapes: [[], [2, 5]], domain: row.domain },
    ],
  });
}

/**
 * A WGSL literal of the kernel's element type `T` (f32 or vec4f). Infinities become the largest
 * finite numbers.
 */
export function literal(value: number): string {
  const finite = Math.max(-3.4028234e38, Math.min(3.4028234e38, value));
  return `T(${Number.isNaN(finite) ? 0 : `${Math.fround(finite)}${Number.isInteger(Math.fround(finite)) && Math.abs(finite) < 1e15 ? ".0" : ""}`})`;
}
