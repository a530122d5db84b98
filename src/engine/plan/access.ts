/** How elementwise kernels read inputs that are broadcast to their shape. */

import { broadcastStrides, sizeOf } from "../graph/tensor";
import type { Value } from "../graph/value";
import { opDef } from "../ops";
import { mergeAxes, offsetCode } from "../ops/strided";

/**
 * A value that an epilogue reads from memory, broadcast to the shape of the member that reads it.
 */
export interface Read {
  value: Value;
  shape: readonly number[];
  /** Moves before that member. */
  permutation: number;
}

export interface Access {
  type: "f32" | "vec4f";
  /**
   * Expression over the binding's variable, the input's index in the group and the variable of the
   * element's index.
   */
  code: (variable: string, k: number, index: string) => string;
}

/**
 * How an input of `from` is read by the invocation of element (or quad) `i` of `shape`; null where
 * quads do not fit.
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
 * The function that maps the invocation's index to an input's offset, where it is not the index
 * itself.
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

/** The function that maps an element's (or quad's) index before a move to the one behind it. */
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

/** How each input is read by quads or singly; null where one does not fit quads. */
export function accessesOf(reads: readonly Read[], wide: boolean): Access[] | null {
  if (wide && reads.some(({ shape }) => sizeOf(shape) % 4 !== 0)) return null;
  const accesses = reads.map(({ value, shape }) => access(value.shape, shape, wide));
  return accesses.every((a) => a !== null) ? accesses : null;
}
