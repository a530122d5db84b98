/**
 * Storage in half precision: which tensors are stored as 16-bit floats, and how a kernel that
 * computes in float32 loads and stores them. Mixed precision training, arXiv 1710.03740.
 */

import { sizeOf } from "../graph/tensor";
import type { Value } from "../graph/value";

/** Tensors below this count save nothing worth their precision: statistics, losses, logits. */
const MIN_F16_SIZE = 1024;

/**
 * Whether half precision stores a tensor as f16: frozen matrices and kernels, and results. Results
 * with one number a row stay float32, because they are statistics on whose precision others rest.
 * Trainables and a step's inputs stay float32 too.
 *
 * @param root not a view
 */
export function storesAsF16({ shape, dtype, data, inputs }: Value): boolean {
  if (dtype !== "f32" || sizeOf(shape) < MIN_F16_SIZE) return false;
  if (inputs.length === 0) return data !== undefined && shape.length >= 2;
  return shape.at(-1) !== 1;
}

/** WGSL type of stored elements. */
export const f16Type = (type: "f32" | "vec4f") => (type === "f32" ? "f16" : "vec4<f16>");

/** The bracket that closes the one at `open`. */
function closing(code: string, open: number): number {
  let depth = 0;
  for (let at = open; ; at++) {
    if (code[at] === "[") depth++;
    if (code[at] === "]" && --depth === 0) return at;
  }
}

/** WGSL in which every element read from the binding `name` is loadF16 to `type`. */
export function loadF16(code: string, name: string, type: "f32" | "vec4f"): string {
  const parts: string[] = [];
  let from = 0;
  for (const { index } of code.matchAll(new RegExp(`\\b${name}\\[`, "g"))) {
    // Within another element's index: that one's turn has passed it over.
    if (index < from) continue;
    const end = closing(code, index + name.length) + 1;
    const inner = loadF16(code.slice(index + name.length + 1, end - 1), name, type);
    parts.push(code.slice(from, index), `${type}(${name}[${inner}])`);
    from = end;
  }
  return parts.join("") + code.slice(from);
}

const MAX = 65_504;

/**
 * WGSL of an element to store. What is too large becomes infinite, on whichever side conversions
 * round.
 */
export const storeF16 = (value: string, type: "f32" | "vec4f"): string =>
  `${f16Type(type)}(select(${value}, ${value} * 3e38, abs(${value}) > ${type}(${MAX}.0)))`;
