/**
 * Depthwise convolution (one filter per channel) and its gradient by the image. One invocation
 * computes neighbouring results of a row, because they share most of what they read.
 */
import { gridOf, type KernelCode, type KernelSource, linearIndex, loop, pick, range, sizeClass } from "../define";
import type { Geometry } from "./geometry";

/**
 * Results that one invocation computes, by kernel; the first kernel is the usual one. All are
 * multiples of the strides 1, 2 and 4.
 */
const RESULTS = [8, 4, 16];

interface Size {
  h: number;
  w: number;
}

/** How a row of results reads the tensor that it is computed from. */
interface Reading {
  result: Size;
  source: Size;
  channels: number;
  /** WGSL of the source's plane, given the result's `plane` and its channel `o`. */
  plane: string;
  /** WGSL (i32) of the source's column at offset 0, given the `first` result's. */
  column: string;
  /**
   * WGSL that declares the source's row `iy` for the result's row `y` and the window's row `ky`. It
   * continues the loop where there is no such row.
   */
  row: string;
  /**
   * By result and column of the window: the offset of the numbers that they multiply, or null where
   * they do not meet.
   */
  offset: (result: number, kx: number) => number | null;
}

function depthwiseRowKernel(g: Geometry, [x, w]: readonly string[], r: Reading, results: number): KernelCode {
  const blocks = Math.ceil(r.result.w / results);
  const count = g.batch * r.channels * r.result.h * blocks;
  const terms = range(results).flatMap((p) =>
    range(g.kw).flatMap((kx) => {
      const offset = r.offset(p, kx);
      return offset === null ? [] : [{ p, kx, offset }];
    }),
  );
  const least = Math.min(...terms.map(({ offset }) => offset));
  const name = (offset: number) => `x${offset - least}`;
  const offsets = [...new Set(terms.map(({ offset }) => offset))];
  // As an unsigned number, a column before the first lies beyond the last. "&&" would be a branch.
  const last = `${r.source.w - 1}u`;
  const columns = offsets.map((j) => `let ${name(j)} = u32(column + ${j});`);
  const values = offsets.map(
    (j) => `let value_${name(j)} = select(0.0, ${x}[row + min(${name(j)}, ${last})], ${name(j)} <= ${last});`,
  );
  const weights = range(g.kw).map((kx) => `let weight${kx} = ${w}[at + ${kx}u];`);
  const sums = terms.map(({ p, kx, offset }) => `acc${p} = fma(value_${name(offset)}, weight${kx}, acc${p});`);
  const accumulators = range(results).map((p) => `acc${p}`);
  return {
    body: `${linearIndex(count, 64)}
  let line = i / ${blocks}u; let first = (i % ${blocks}u) * ${results}u;
  let plane = line / ${r.result.h}u; let y = i32(line % ${r.result.h}u); let o = plane % ${r.channels}u;
  let column = ${r.column};
  ${columns.join(" ")}
  ${accumulators.map((acc) => `var ${acc} = 0.0;`).join(" ")}
  ${loop("i32", "ky", g.kh)} {
    ${r.row}
    let row = (${r.plane} * ${r.source.h}u + u32(iy)) * ${r.source.w}u;
    let at = (o * ${g.kh}u + u32(ky)) * ${g.kw}u;
    ${[...values, ...weights, ...sums].join("\n    ")}
  }
  ${loop("u32", "j", results)} {
    if (first + j >= ${r.result.w}u) { break; }
    write(line * ${r.result.w}u + first + j, ${pick("j", accumulators)});
  }`,
    workgroup: [64, 1, 1],
    grid: gridOf(count, 64),
  };
}

function kernelsOf(name: string, g: Geometry, names: readonly string[], r: Reading): KernelSource {
  const [usual, ...others] = RESULTS;
  const sizes = [g.batch * r.channels * r.result.h, r.result.w].map(sizeClass).join("×");
  return {
    types: ["f32", "f32", "f32"],
    ...depthwiseRowKernel(g, names, r, usual),
    choice: {
      class: `${name} ${g.kh}×${g.kw} by ${g.strideX} ${sizes}`,
      others: Object.fromEntries(others.map((n) => [`${n} results`, () => depthwiseRowKernel(g, names, r, n)])),
    },
  };
}

/** Computes y from x and weights; null unless the convolution is depthwise. */
export function depthwise(g: Geometry, names: readonly string[]): KernelSource | null {
  if (g.inPerGroup !== 1) return null;
  return kernelsOf("depthwise", g, names, {
    result: { h: g.oh, w: g.ow },
    source: g,
    channels: g.outChannels,
    plane: `(plane / ${g.outChannels}u * ${g.inChannels}u + o / ${g.outPerGroup}u)`,
    column: `i32(first) * ${g.strideX} - ${g.padLeft}`,
    row: `let iy = y * ${g.strideY} - ${g.padTop} + ky * ${g.dilationY};
    if (iy < 0 || iy >= ${g.h}) { continue; }`,
    offset: (result, kx) => result * g.strideX + kx * g.dilationX,
  });
}

/**
 * Computes dx from dy and weights. Null unless the convolution is depthwise with one result per
 * channel and some row of results starts at a multiple of the stride.
 */
export function depthwiseGradInput(g: Geometry, names: readonly string[]): KernelSource | null {
  if (g.inPerGroup !== 1 || g.outPerGroup !== 1 || RESULTS.some((n) => n % g.strideX !== 0)) return null;
  return kernelsOf("depthwise gradient", g, names, {
    result: g,
    source: { h: g.oh, w: g.ow },
    channels: g.inChannels,
    plane: "plane",
    column: `i32(first) / ${g.strideX}`,
    row: `let ty = y + ${g.padTop} - ky * ${g.dilationY};
    if (ty < 0 || ty % ${g.strideY} != 0 || ty / ${g.strideY} >= ${g.oh}) { continue; }
    let iy = ty / ${g.strideY};`,
    offset: (result, kx) => {
      const at = result + g.padLeft - kx * g.dilationX;
      return at % g.strideX === 0 ? at / g.strideX : null;
    },
  });
}
