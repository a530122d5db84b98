/**
 * Writes the WGSL by which an elementwise kernel reads inputs that broadcast to the kernel's shape,
 * and by which it moves elements. A kernel handles either one element or one quad (`vec4f`) per
 * invocation.
 */

import { broadcastStrides, sizeOf } from "../graph/tensor";
import type { Value } from "../graph/value";
import { opDef } from "../ops";
import { mergeAxes, offsetCode } from "../ops/strided";

/**
 * A value that an epilogue reads from memory. It broadcasts to the shape of the member that reads
 * it.
 */
export interface Read {
  value: Value;
  shape: readonly number[];
  /** Number of permutations in the epilogue before that member. */
  permutation: number;
}

/** How a kernel reads one input. */
export interface Access {
  type: "f32" | "vec4f";
  /**
   * Returns the WGSL expression that reads one element or quad.
   *
   * @param variable name of the storage buffer's variable
   * @param k position of the input among the epilogue's reads
   * @param index name of the variable that holds the element's index
   */
  code: (variable: string, k: number, index: string) => string;
}

/**
 * How the invocation for element (or quad) `i` of `shape` reads an input of the shape `from`.
 * Returns null where `wide` asks for quads, but the elements of a quad are not contiguous in the
 * input.
 */
function access(from: readonly number[], shape: readonly number[], wide: boolean): Access | null {
  const unit = wide ? 4 : 1;
  if (sizeOf(from) === 1) return { type: "f32", code: (x) => `T(${x}[0])` };
  if (sizeOf(from) === sizeOf(shape)) return { type: wide ? "vec4f" : "f32", code: (x, _, i) => `${x}[${i}]` };
  const {
    dims,
    strides: [strides],
  } = mergeAxes(shape, [broadcastStrides(from, shape)]);
  const final = dims.length - 1;
  if (!wide) {
    return { type: "f32", code: (x, k, i) => `${x}[at_${k}(${i})]` };
  }
  if (dims[final] % unit !== 0) return null;
  if (strides[final] === 0) return { type: "f32", code: (x, k, i) => `T(${x}[at_${k}(${i})])` };
  if (strides[final] !== 1 || strides.slice(0, final).some((s) => s % 4 !== 0)) return null;
  return { type: "vec4f", code: (x, k, i) => `${x}[at_${k}(${i})]` };
}

/**
 * WGSL of the function `at_k`, which maps the invocation's index to the offset in input `k`.
 * Returns "" where the kernel needs no such function, because the offset is 0 or the index itself.
 */
export function offsetFunction(k: number, from: readonly number[], shape: readonly number[], wide: boolean): string {
  if (sizeOf(from) === 1 || sizeOf(from) === sizeOf(shape)) return "";
  const {
    dims,
    strides: [strides],
  } = mergeAxes(shape, [broadcastStrides(from, shape)]);
  const final = dims.length - 1;
  const quads = wide ? [...dims.slice(0, final), dims[final] / 4] : dims;
  const steps = wide && strides[final] === 1 ? strides.map((s, axis) => (axis === final ? 1 : s / 4)) : strides;
  return `fn at_${k}(i: u32) -> u32 { ${offsetCode("o", "i", quads, steps)} return o; }\n`;
}

/**
 * WGSL of the function `move_k`. It maps the index of an element (or quad) before the permutation
 * to its index after the permutation.
 */
export function permutationFunction(
  permutation: number,
  { op, inputs: [x], attrs, shape }: Value,
  wide: boolean,
): string {
  const unit = wide ? 4 : 1;
  const strides = opDef(op).permutation!(attrs, shape).map((s) => (s === 1 ? 1 : s / unit));
  const dims = x.shape.map((d, axis) => (axis === x.shape.length - 1 ? d / unit : d));
  return `fn move_${permutation}(i: u32) -> u32 { ${offsetCode("o", "i", dims, strides)} return o; }\n`;
}

/**
 * How the kernel reads each input, by quads or by single elements. Returns null where quads do not
 * fit one of them.
 */
export function accessesOf(reads: readonly Read[], wide: boolean): Access[] | null {
  if (wide && reads.some(({ shape }) => sizeOf(shape) % 4 !== 0)) return null;
  const accesses = reads.map(({ value, shape }) => access(value.shape, shape, wide));
  return accesses.every((a) => a !== null) ? accesses : null;
}
