/**
 * Tensors on the CPU: row-major numbers with a shape. Integers are stored as float64, which is
 * exact up to 2⁵³.
 */
import { assert, RadaptError } from "../../base/error";

export type DType = "f32" | "i64" | "bool";

/** Row-major numbers with a shape. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly dtype: DType;
  /** Float32Array for f32, Float64Array for i64 and bool (0 or 1). */
  readonly data: Float32Array | Float64Array;
  /** ONNX's number of the element type, for tensors that come from a file. */
  readonly onnxType?: number;
}

export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const d of shape) size *= d;
  return size;
}

/**
 * Largest number of elements of a tensor: 4 GiB of float32, which is more than any GPU adapter can
 * bind.
 */
export const MAX_ELEMENTS = 2 ** 30;
/**
 * Largest number of elements of a folded constant that is larger than its inputs. Otherwise a few
 * bytes of a file could fill the memory.
 */
export const MAX_FOLDED = 2 ** 26;

/**
 * @throws RadaptError `engine.shape` for a shape that no tensor can have, or with more than
 *   `maxSize` elements
 */
export function assertShape(what: string, shape: readonly number[], maxSize: number): void {
  if (shape.every((d) => Number.isInteger(d) && d >= 0) && sizeOf(shape) <= maxSize) return;
  throw new RadaptError("A tensor of this shape cannot be", {
    code: "engine.shape",
    where: what,
    expected: `whole sizes from 0, at most ${maxSize.toLocaleString("en-US")} elements`,
    got: `[${shape.join(", ")}]`,
  });
}

export function emptyTensor(shape: readonly number[], dtype: DType = "f32"): Tensor {
  const size = sizeOf(shape);
  return { shape: [...shape], dtype, data: dtype === "f32" ? new Float32Array(size) : new Float64Array(size) };
}

/** @throws Error where the number of elements does not match the shape */
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

/**
 * Strides that read a tensor of `shape` as `target` by NumPy broadcasting: 0 along stretched axes.
 */
export function broadcastStrides(shape: readonly number[], target: readonly number[]): number[] {
  const own = stridesOf(shape);
  const lead = target.length - shape.length;
  return target.map((_, i) => (i < lead || shape[i - lead] === 1 ? 0 : own[i - lead]));
}

/** NumPy's broadcast of two shapes, or null where they do not fit together. */
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

/** The shape in which a vector of channels broadcasts along `axis` of a value with this rank. */
export function channelShape(features: number, rank: number, axis: number): number[] {
  return [features, ...new Array<number>(rank - 1 - axis).fill(1)];
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((d, i) => d === b[i]);
}

/**
 * Visits every element of `shape` in row-major order. `visit` gets one offset for each list of
 * strides. All strided operators of the interpreter share this loop.
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
