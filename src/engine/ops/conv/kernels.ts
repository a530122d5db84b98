/** Direct convolution kernels. One invocation computes one output pixel of up to four channels. */
import { gridOf, type KernelSource, linearIndex, loop, pick, range } from "../define";
import type { Geometry } from "./geometry";

const kernel = (body: string, count: number): KernelSource => ({
  types: ["f32", "f32", "f32"],
  body: `${linearIndex(count, 64)}\n${body}`,
  workgroup: [64, 1, 1],
  grid: gridOf(count, 64),
});

const accumulatorNames = (count: number) => range(count).map((k) => `acc${k}`);

/** Declares the accumulators and sets them to zero. */
const zeroAccumulators = (count: number) =>
  accumulatorNames(count)
    .map((name) => `var ${name} = 0.0;`)
    .join(" ");

/** Writes each accumulator to the plane of its channel. `channel` is the first one's. */
const writePlanes = (count: number, channel: string, pixels: number) =>
  `${loop("u32", "plane", count)} { write((${channel} + plane) * ${pixels}u + pixel, ${pick("plane", accumulatorNames(count))}); }`;

/** Largest window whose taps the kernel writes out one by one, so that no invocation branches. */
export const UNROLLED_TAPS = 25;

/** All taps of a window, one statement for each. */
const eachTap = ({ kh, kw }: Geometry, code: (ky: number, kx: number, tap: number) => string): string =>
  range(kh * kw)
    .map((tap) => code(Math.floor(tap / kw), tap % kw, tap))
    .join("\n    ");

/**
 * Adds a number to each accumulator, times the weight at `first` and at every `step`th place after
 * it.
 */
const accumulate = (count: number, number: string, weights: string, first: string, step: number): string =>
  `{ let value = ${number}; let at = ${first}; ${range(count)
    .map((k) => `acc${k} += value * ${weights}[at + ${k * step}u];`)
    .join(" ")} }`;

/**
 * WGSL for the window's rows (or columns), from the coordinate of tap 0: the clamped coordinate of
 * each tap, and 1 inside or 0 outside the image.
 */
function tapsOf(axis: "y" | "x", count: number, first: string, dilation: number, size: number): string {
  return range(count)
    .map((k) => {
      const at = `${first} + ${k * dilation}`;
      return `let ${axis}${k} = u32(clamp(${at}, 0, ${size - 1})); let in_${axis}${k} = select(0.0, 1.0, ${at} >= 0 && ${at} < ${size});`;
    })
    .join("\n  ");
}

/** y from x and weights. */
export function forward(g: Geometry, [x, w]: readonly string[]): KernelSource {
  const wide = g.outPerGroup % 4 === 0 ? 4 : 1;
  const pixels = g.oh * g.ow;
  const taps = g.kh * g.kw;
  const weights = g.inPerGroup * taps;
  const add = (value: string, tap: string) =>
    accumulate(wide, value, w, `o * ${weights}u + c * ${taps}u + ${tap}`, weights);
  const unrolled = `${tapsOf("y", g.kh, "top", g.dilationY, g.h)}
  ${tapsOf("x", g.kw, "left", g.dilationX, g.w)}
  ${loop("u32", "c", g.inPerGroup)} {
    let plane = (first + c) * ${g.h * g.w}u;
    ${eachTap(g, (ky, kx, tap) => add(`${x}[plane + y${ky} * ${g.w}u + x${kx}] * (in_y${ky} * in_x${kx})`, `${tap}u`))}
  }`;
  const looped = `${loop("u32", "c", g.inPerGroup)} {
    ${loop("i32", "ky", g.kh)} {
      let iy = top + ky * ${g.dilationY};
      if (iy < 0 || iy >= ${g.h}) { continue; }
      ${loop("i32", "kx", g.kw)} {
        let ix = left + kx * ${g.dilationX};
        if (ix < 0 || ix >= ${g.w}) { continue; }
        ${add(`${x}[((first + c) * ${g.h}u + u32(iy)) * ${g.w}u + u32(ix)]`, `u32(ky * ${g.kw} + kx)`)}
      }
    }
  }`;
  const body = `  let pixel = i % ${pixels}u; let block = (i / ${pixels}u) % ${g.outChannels / wide}u; let n = i / ${(pixels * g.outChannels) / wide}u;
  let o = block * ${wide}u;
  let top = i32(pixel / ${g.ow}u) * ${g.strideY} - ${g.padTop}; let left = i32(pixel % ${g.ow}u) * ${g.strideX} - ${g.padLeft};
  let first = n * ${g.inChannels}u + (o / ${g.outPerGroup}u) * ${g.inPerGroup}u;
  ${zeroAccumulators(wide)}
  ${taps <= UNROLLED_TAPS ? unrolled : looped}
  ${writePlanes(wide, `n * ${g.outChannels}u + o`, pixels)}`;
  return kernel(body, (g.batch * g.outChannels * pixels) / wide);
}

/**
 * WGSL for the output rows (or columns) whose windows read this pixel with each tap: the clamped
 * coordinate, and 1 where there is one or 0 where there is none.
 */
function readingTaps(axis: "y" | "x", count: number, dilation: number, stride: number, size: number): string {
  return range(count)
    .map((k) => {
      const at = `p${axis} - ${k * dilation}`;
      return `let ${axis}${k} = u32(clamp((${at}) / ${stride}, 0, ${size - 1})); let in_${axis}${k} = select(0.0, 1.0, ${at} >= 0 && (${at}) % ${stride} == 0 && (${at}) / ${stride} < ${size});`;
    })
    .join("\n  ");
}

/** dx from dy and weights. */
export function gradInput(g: Geometry, [dy, w]: readonly string[]): KernelSource {
  const wide = g.inPerGroup % 4 === 0 ? 4 : 1;
  const pixels = g.h * g.w;
  const taps = g.kh * g.kw;
  const output = g.oh * g.ow;
  const add = (value: string, tap: string) =>
    accumulate(wide, value, w, `(o * ${g.inPerGroup}u + c) * ${taps}u + ${tap}`, taps);
  const each = `${loop("u32", "k", g.outPerGroup)} {
    let o = group * ${g.outPerGroup}u + k; let plane = (n * ${g.outChannels}u + o) * ${output}u;`;
  const unrolled = `${readingTaps("y", g.kh, g.dilationY, g.strideY, g.oh)}
  ${readingTaps("x", g.kw, g.dilationX, g.strideX, g.ow)}
  ${each}
    ${eachTap(g, (ky, kx, tap) => add(`${dy}[plane + y${ky} * ${g.ow}u + x${kx}] * (in_y${ky} * in_x${kx})`, `${tap}u`))}
  }`;
  const looped = `${loop("i32", "ky", g.kh)} {
    let ty = py - ky * ${g.dilationY};
    if (ty < 0 || ty % ${g.strideY} != 0 || ty / ${g.strideY} >= ${g.oh}) { continue; }
    ${loop("i32", "kx", g.kw)} {
      let tx = px - kx * ${g.dilationX};
      if (tx < 0 || tx % ${g.strideX} != 0 || tx / ${g.strideX} >= ${g.ow}) { continue; }
      let place = u32(ty / ${g.strideY}) * ${g.ow}u + u32(tx / ${g.strideX});
      ${each}
        ${add(`${dy}[plane + place]`, `u32(ky * ${g.kw} + kx)`)}
      }
    }
  }`;
  const body = `  let pixel = i % ${pixels}u; let block = (i / ${pixels}u) % ${g.inChannels / wide}u; let n = i / ${(pixels * g.inChannels) / wide}u;
  let channel = block * ${wide}u; let group = channel / ${g.inPerGroup}u; let c = channel % ${g.inPerGroup}u;
  let py = i32(pixel / ${g.w}u) + ${g.padTop}; let px = i32(pixel % ${g.w}u) + ${g.padLeft};
  ${zeroAccumulators(wide)}
  ${taps <= UNROLLED_TAPS ? unrolled : looped}
  ${writePlanes(wide, `n * ${g.inChannels}u + channel`, pixels)}`;
  return kernel(body, (g.batch * g.inChannels * pixels) / wide);
}
