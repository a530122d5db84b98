/** Direct convolution kernels: an invocation makes one output pixel of up to four channels. */
import { gridOf, type KernelSource, linearIndex } from "../define";
import type { Geometry } from "./geometry";

const kernel = (body: string, count: number): KernelSource => ({
  types: ["f32", "f32", "f32"],
  body: `${linearIndex(count, 64)}\n${body}`,
  workgroup: [64, 1, 1],
  grid: gridOf(count, 64),
});

const range = (n: number) => Array.from({ length: n }, (_, i) => i);

/** Windows up to this many taps are written out, so that no invocation branches. */
const UNROLLED_TAPS = 25;

/**
 * The window's rows (or columns) as WGSL: the clamped coordinate of each tap and 1 or 0 for inside or outside, from the
 * coordinate of tap 0.
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
    `{ let value = ${value}; let at = o * ${weights}u + c * ${taps}u + ${tap}; ${range(wide)
      .map((k) => `acc${k} += value * ${w}[at + ${k * weights}u];`)
      .join(" ")} }`;
  const unrolled = `${tapsOf("y", g.kh, "top", g.dilationY, g.h)}
  ${tapsOf("x", g.kw, "left", g.dilationX, g.w)}
  for (var c = 0u; c < ${g.inPerGroup}u; c++) {
    let plane = (first + c) * ${g.h * g.w}u;
    ${range(taps)
      .map((t) => [Math.floor(t / g.kw), t % g.kw])
      .map(([ky, kx], t) => add(`${x}[plane + y${ky} * ${g.w}u + x${kx}] * (in_y${ky} * in_x${kx})`, `${t}u`))
      .join("\n    ")}
  }`;
  const looped = `for (var c = 0u; c < ${g.inPerGroup}u; c++) {
    for (var ky = 0; ky < ${g.kh}; ky++) {
      let iy = top + ky * ${g.dilationY};
      if (iy < 0 || iy >= ${g.h}) { continue; }
      for (var kx = 0; kx < ${g.kw}; kx++) {
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
  ${range(wide)
    .map((k) => `var acc${k} = 0.0;`)
    .join(" ")}
  ${taps <= UNROLLED_TAPS ? unrolled : looped}
  ${range(wide)
    .map((k) => `write((n * ${g.outChannels}u + o + ${k}u) * ${pixels}u + pixel, acc${k});`)
    .join(" ")}`;
  return kernel(body, (g.batch * g.outChannels * pixels) / wide);
}

/** dx from dy and weights. */
export function gradInput(g: Geometry, [dy, w]: readonly string[]): KernelSource {
  const wide = g.inPerGroup % 4 === 0 ? 4 : 1;
  const pixels = g.h * g.w;
  const taps = g.kh * g.kw;
  const body = `  let pixel = i % ${pixels}u; let block = (i / ${pixels}u) % ${g.inChannels / wide}u; let n = i / ${(pixels * g.inChannels) / wide}u;
  let channel = block * ${wide}u; let group = channel / ${g.inPerGroup}u; let c = channel % ${g.inPerGroup}u;
  let py = i32(pixel / ${g.w}u) + ${g.padTop}; let px = i32(pixel % ${g.w}u) + ${g.padLeft};
  ${range(wide)
    .map((k) => `var acc${k} = 0.0;`)
    .join(" ")}
  for (var ky = 0; ky < ${g.kh}; ky++) {
    let ty = py - ky * ${g.dilationY};
    if (ty < 0 || ty % ${g.strideY} != 0 || ty / ${g.strideY} >= ${g.oh}) { continue; }
    for (var kx = 0; kx < ${g.kw}; kx++) {
      let tx = px - kx * ${g.dilationX};
      if (tx < 0 || tx % ${g.strideX} != 0 || tx / ${g.strideX} >= ${g.ow}) { continue; }
      let place = u32(ty / ${g.strideY}) * ${g.ow}u + u32(tx / ${g.strideX});
      for (var k = 0u; k < ${g.outPerGroup}u; k++) {
        let o = group * ${g.outPerGroup}u + k;
        let value = ${dy}[(n * ${g.outChannels}u + o) * ${g.oh * g.ow}u + place];
        let at = (o * ${g.inPerGroup}u + c) * ${taps}u + u32(ky * ${g.kw} + kx);
        ${range(wide)
          .map((j) => `acc${j} += value * ${w}[at + ${j * taps}u];`)
          .join(" ")}
      }
    }
  }
  ${range(wide)
    .map((k) => `write((n * ${g.inChannels}u + channel + ${k}u) * ${pixels}u + pixel, acc${k});`)
    .join(" ")}`;
  return kernel(body, (g.batch * g.inChannels * pixels) / wide);
}

/** dw from x and dy. */
export function gradWeight(g: Geometry, [x, dy]: readonly string[]): KernelSource {
  const taps = g.kh * g.kw;
  const body = `  let kx = i32(i % ${g.kw}u); let ky = i32((i / ${g.kw}u) % ${g.kh}u);
  let c = (i / ${taps}u) % ${g.inPerGroup}u; let o = i / ${taps * g.inPerGroup}u;
  let channel = (o / ${g.outPerGroup}u) * ${g.inPerGroup}u + c;
  var acc = 0.0;
  for (var n = 0u; n < ${g.batch}u; n++) {
    for (var oy = 0; oy < ${g.oh}; oy++) {
      let iy = oy * ${g.strideY} - ${g.padTop} + ky * ${g.dilationY};
      if (iy < 0 || iy >= ${g.h}) { continue; }
      let row_x = ((n * ${g.inChannels}u + channel) * ${g.h}u + u32(iy)) * ${g.w}u;
      let row_y = ((n * ${g.outChannels}u + o) * ${g.oh}u + u32(oy)) * ${g.ow}u;
      for (var ox = 0; ox < ${g.ow}; ox++) {
        let ix = ox * ${g.strideX} - ${g.padLeft} + kx * ${g.dilationX};
        if (ix < 0 || ix >= ${g.w}) { continue; }
        acc += ${x}[row_x + u32(ix)] * ${dy}[row_y + u32(ox)];
      }
    }
  }
  write(i, acc);`;
  return kernel(body, g.outChannels * g.inPerGroup * taps);
}
