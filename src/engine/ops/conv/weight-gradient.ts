/**
 * The gradient of a convolution's weights: sums over the rows of all results, as tree reductions
 * (`tree-reduction.ts`).
 */
import { type KernelSource, loop, range, sizeClass } from "../define";
import { plus, reduceCode, treeReductionKernel } from "../tree-reduction";
import type { Geometry } from "./geometry";

/**
 * Computes dw from x and dy. One reduction handles four neighbouring taps of a window's row at
 * once, which slide along the image. With stride 1 it reads each number once for all four.
 */
export function gradWeight(g: Geometry, [x, dy]: readonly string[]): KernelSource {
  const quads = Math.ceil(g.kw / 4);
  const slides = g.strideX === 1 && g.dilationX === 1;
  const tap = (at: string) => `tap(row_x, ${at})`;
  const first = `i32(kx) * ${g.dilationX} - ${g.padLeft}`;
  const columns = slides
    ? `var window = vec4f(0.0, ${range(3)
        .map((j) => tap(`${first} + ${j}`))
        .join(", ")});
    ${loop("u32", "ox", g.ow)} {
      window = vec4f(window.yzw, ${tap(`${first} + 3 + i32(ox)`)});
      value = fma(vec4f(${dy}[row_y + ox]), window, value);
    }`
    : `${loop("u32", "ox", g.ow)} {
      let ix = i32(ox) * ${g.strideX} + ${first};
      let window = vec4f(${range(4)
        .map((j) => tap(`ix + ${j * g.dilationX}`))
        .join(", ")});
      value = fma(vec4f(${dy}[row_y + ox]), window, value);
    }`;
  const element = (k: string) => `var value = vec4f();
    {
    let n = (${k}) / ${g.oh}u; let oy = (${k}) % ${g.oh}u;
    let iy = i32(oy) * ${g.strideY} - ${g.padTop} + i32(ky) * ${g.dilationY};
    if (iy >= 0 && iy < ${g.h}) {
    let row_x = ((n * ${g.inChannels}u + channel) * ${g.h}u + u32(iy)) * ${g.w}u;
    let row_y = ((n * ${g.outChannels}u + o) * ${g.oh}u + oy) * ${g.ow}u;
    ${columns}
    }
    }`;
  const type = "vec4f";
  const count = g.batch * g.oh;
  return treeReductionKernel({
    total: g.outChannels * g.inPerGroup * g.kh * quads,
    count,
    types: ["f32", "f32", "f32"],
    type,
    inRow: true,
    name: `weights of windows${slides ? "" : ", not neighbours"}, rows of ${sizeClass(g.ow)}`,
    declarations: `fn tap(row: u32, ix: i32) -> f32 {
  return select(0.0, ${x}[row + min(u32(ix), ${g.w - 1}u)], u32(ix) < ${g.w}u);
}`,
    body: (threadGroup) => `let kx = 4u * (number % ${quads}u); let ky = (number / ${quads}u) % ${g.kh}u;
  let pair = number / ${quads * g.kh}u; let o = pair / ${g.inPerGroup}u;
  let channel = (o / ${g.outPerGroup}u) * ${g.inPerGroup}u + pair % ${g.inPerGroup}u;
  ${reduceCode({ type, count, identity: "0.0", combine: plus, element }, threadGroup, "sums")}
  if (place == 0u && !is_beyond) {
    for (var j = 0u; j < 4u && kx + j < ${g.kw}u; j++) { write((pair * ${g.kh}u + ky) * ${g.kw}u + kx + j, sums[j]); }
  }`,
  });
}
