/** Kernels that copy elements by strides. Transpose, Slice, Expand and their gradients use them. */
import { sizeOf } from "../graph/tensor";
import { gridOf, type KernelSource, linearIndex } from "./define";

/** Drops axes of length 1 and joins neighbours that are contiguous under every stride list. */
export function mergeAxes(shape: readonly number[], strides: readonly (readonly number[])[]) {
  const dims: number[] = [];
  const merged: number[][] = strides.map(() => []);
  for (let axis = 0; axis < shape.length; axis++) {
    if (shape[axis] === 1) continue;
    const last = dims.length - 1;
    const joins = last >= 0 && strides.every((s, k) => merged[k][last] === s[axis] * shape[axis]);
    if (joins) {
      dims[last] *= shape[axis];
      strides.forEach((s, k) => {
        merged[k][last] = s[axis];
      });
    } else {
      dims.push(shape[axis]);
      strides.forEach((s, k) => {
        merged[k].push(s[axis]);
      });
    }
  }
  return { dims, strides: merged };
}

/**
 * WGSL statements that set `offset` (i32 expression `base` plus strides) from the linear index
 * `index` over `shape`.
 */
export function offsetCode(
  offset: string,
  index: string,
  shape: readonly number[],
  strides: readonly number[],
  base = 0,
): string {
  const {
    dims,
    strides: [merged],
  } = mergeAxes(shape, [strides]);
  if (dims.length === 0) return `let ${offset} = ${base}u;`;
  const terms: string[] = base ? [`${base}u`] : [];
  let rest = index;
  const lines: string[] = [];
  for (let axis = dims.length - 1; axis >= 0; axis--) {
    const coordinate = axis === 0 ? rest : `(${rest} % ${dims[axis]}u)`;
    if (merged[axis] === 1) terms.push(coordinate);
    else if (merged[axis] !== 0) terms.push(`${coordinate} * ${merged[axis]}u`);
    if (axis > 0) {
      const name = `${offset}_${axis}`;
      lines.push(`let ${name} = ${rest} / ${dims[axis]}u;`);
      rest = name;
    }
  }
  return `${lines.join(" ")} let ${offset} = ${terms.join(" + ") || "0u"};`;
}

/**
 * The kernel of out[i] = in[base + Σ coordinateₖ · strideₖ], four elements at a time where rows
 * allow it. Strides must not be negative.
 */
export function stridedCopy(
  names: readonly string[],
  shape: readonly number[],
  strides: readonly number[],
  base = 0,
  inputSize = 0,
): KernelSource {
  const size = sizeOf(shape);
  const {
    dims,
    strides: [merged],
  } = mergeAxes(shape, [strides]);
  const last = dims.length - 1;
  const wide =
    last >= 0 &&
    merged[last] === 1 &&
    dims[last] % 4 === 0 &&
    base % 4 === 0 &&
    inputSize % 4 === 0 &&
    merged.slice(0, last).every((s) => s % 4 === 0);
  if (wide) {
    const quads = [...dims.slice(0, last), dims[last] / 4];
    const quadStrides = [...merged.slice(0, last).map((s) => s / 4), 1];
    return {
      types: ["vec4f", "vec4f"],
      body: `${linearIndex(size / 4, 64)}\n  ${offsetCode("o", "i", quads, quadStrides, base / 4)}\n  write(i, ${names[0]}[o]);`,
      workgroup: [64, 1, 1],
      grid: gridOf(size / 4, 64),
    };
  }
  return {
    types: ["f32", "f32"],
    body: `${linearIndex(size, 64)}\n  ${offsetCode("o", "i", shape, strides, base)}\n  write(i, ${names[0]}[o]);`,
    workgroup: [64, 1, 1],
    grid: gridOf(size, 64),
  };
}
