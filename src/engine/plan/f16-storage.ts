/**
 * Storage in half precision. This file decides which tensors memory holds as 16-bit floats. It also
 * rewrites a kernel that computes in float32, so that the kernel loads and stores such tensors.
 * Micikevicius et al., Mixed Precision Training, arXiv 1710.03740.
 */

import { sizeOf } from "../graph/tensor";
import type { Value } from "../graph/value";

/**
 * Number of elements below which a tensor stays float32. Smaller tensors (statistics, losses,
 * logits) save too little memory to be worth the lost precision.
 */
const MIN_F16_SIZE = 1024;

/**
 * Whether half precision stores a tensor as f16. It does so for frozen matrices and convolution
 * kernels, and for computed results. A result with one number per row stays float32: it is a
 * statistic, such as a mean, and other results depend on its precision. Trainables and the inputs
 * of a step stay float32 too.
 *
 * @param root a value that owns its memory, i.e. not a view
 */
export function storesAsF16({ shape, dtype, data, inputs }: Value): boolean {
  if (dtype !== "f32" || sizeOf(shape) < MIN_F16_SIZE) return false;
  if (inputs.length === 0) return data !== undefined && shape.length >= 2;
  return shape.at(-1) !== 1;
}

/** WGSL type of the elements in memory, for a type that the kernel computes with. */
export const f16Type = (type: "f32" | "vec4f") => (type === "f32" ? "f16" : "vec4<f16>");

/** Position of the bracket that closes the one at `open`. */
function closingBracket(code: string, open: number): number {
  let depth = 0;
  for (let at = open; ; at++) {
    if (code[at] === "[") depth++;
    if (code[at] === "]" && --depth === 0) return at;
  }
}

/**
 * Converts every element that WGSL reads from the binding `name` to float32.
 *
 * @param type WGSL type that the kernel computes with
 */
export function loadF16(code: string, name: string, type: "f32" | "vec4f"): string {
  const parts: string[] = [];
  let from = 0;
  for (const { index } of code.matchAll(new RegExp(`\\b${name}\\[`, "g"))) {
    // This read stands inside the index of an earlier one, whose own conversion has already handled
    // it.
    if (index < from) continue;
    const end = closingBracket(code, index + name.length) + 1;
    const inner = loadF16(code.slice(index + name.length + 1, end - 1), name, type);
    parts.push(code.slice(from, index), `${type}(${name}[${inner}])`);
    from = end;
  }
  return parts.join("") + code.slice(from);
}

const MAX_F16 = 65_504;

/**
 * WGSL that converts an element for storing. Devices differ in how they convert numbers beyond the
 * range of f16. The multiplication turns these into infinity first, so that the result is the same
 * everywhere.
 */
export const storeF16 = (value: string, type: "f32" | "vec4f"): string =>
  `${f16Type(type)}(select(${value}, ${value} * 3e38, abs(${value}) > ${type}(${MAX_F16}.0)))`;
