/** Tensors on the CPU: row-major data with a shape. Integers are kept as float64, exact to 2⁵³. */
import { assert, RadaptError } from "../../base/error";

export type DType = "f32" | "i64" | "bool";

export interface Tensor {
  readonly shape: readonly number[];
  readonly dtype: DType;
  /** Float32Array for f32, Float64Array for i64 and bool (0 or 1). */
  readonly data: Float32Array | Float64Array;
  /** ONNX's number of the element type, on tensors read from a file. */
  readonly onnxType?: number;
}

export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const d of shape) size *= d;
  return size;
}

/** Elements of one tensor: what 4 GiB hold; no adapter binds more. */
export const MAX_ELEMENTS = 2 ** 30;
/**
 * Elements of a constant that is larger than what it is made of: a few bytes of a file must not
 * fill the memory.
 */
export const MAX_FOLDED = 2 ** 26;

/** @throws RadaptError `engine.shape` for shapes that no tensor has */
export function assertShape(what: string, shape: readonly number[], most: number): void {
  if (shape.every((d) => Number.isInteger(d) && d >= 0) && sizeOf(shape) <= most) return;
  throw new RadaptError("A tensor of this shape cannot be", {
    code: "engine.shape",
    where: what,
    expected: `whole sizes from 0, at most ${most.toLocaleString("en-US")} elements`,
    got: `[${shape.join(", ")}]`,
  });
}

export function emptyTensor(shape: readonly number[], dtype: DType = "f32"): Tensor {
  const size = sizeOf(shape);
  return { shape: [...shape], dtype, data: dtype === "f32" ? new Float32Array(size) : new Float64Array(size) };
}

export function tensor(shape: readonly number[], data: ArrayLike<number>, dtype: DType = "f32"): Tensor {
  assert(sizeOf(shape) === data.length, `tensor of shape [${shape}] given ${data.length} numbers`);
  const typed =
    dtype === "f32"
      ? data instanceof Float32Array
        ? data
        : Float32Array.from(data)
      : data instanceof Float64Array
        ? data
        : Float64Array.from(data);
  return { shape: [...shape], dtype, data: typed };
}

export function scalar(value: number, dtype: DType = "f32"): Tensor {
  return tensor([], [value], dtype);
}

/** Row-major strides in elements. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= shape[i];
  }
  return strides;
}

/** Strides of `shape` seen as `target` by NumPy broadcasting: 0 along stretched axes. */
export function broadcastStrides(shape: readonly number[], target: readonly number[]): number[] {
  const own = stridesOf(shape);
  const lead = target.length - shape.length;
  return target.map((_, i) => (i < lead || shape[i - lead] === 1 ? 0 : own[i - lead]));
}

/** NumPy's broadcast of two shapes, or null where they do not fit. */
export function broadcastShapes(a: readonly number[], b: readonly number[]): number[] | null {
  const rank = Math.max(a.length, b.length);
  const out = new Array<number>(rank);
  for (let i = 0; i < rank; i++) {
    const x = a[a.length - rank + i] ?? 1;
    const y = b[b.length - rank + i] ?? 1;
    if (x !== y && x !== 1 && y !== 1) return null;
    out[i] = x === 1 ? y : x;
  }
  return out;
}

/** The shape of a vector of channels that broadcasts against a value of this rank along `axis`. */
export function channelShape(features: number, rank: number, axis: number): number[] {
  return [features, ...new Array<number>(rank - 1 - axis).fill(1)];
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((d, i) => d === b[i]);
}

/**
 * Visits every element of `shape` in row-major order with the offsets that the given strides make:
 * the one loop behind every strided CPU reference.
 */
export function forEachOffset(
  shape: readonly number[],
  strides: readonly (readonly number[])[],
  visit: (index: number, offsets: number[]) => void,
): void {
  const size = sizeOf(shape);
  const counter = new Array<number>(shape.length).fill(0);
  const offsets = new Array<number>(strides.length).fill(0);
  for (let index = 0; index < size; index++) {
    visit(index, offsets);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      counter[axis]++;
      for (let s = 0; s < strides.length; s++) offsets[s] += strides[s][axis];
      if (counter[axis] < shape[axis]) break;
      for (let s = 0; s < strides.length; s++) offsets[s] -= strides[s][axis] * shape[axis];
      counter[axis] = 0;
    }
  }
}
