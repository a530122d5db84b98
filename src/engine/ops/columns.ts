/**
 * Im2col writes a convolution's windows as columns of a matrix, from [B, C, H, W] to [C·KH·KW,
 * B·OH·OW], so that a convolution becomes a matrix product. Col2im is its adjoint and adds each
 * column's numbers to the pixels that they came from. `passes/convolutions.ts` uses both on a GPU.
 * Chellapilla, Puri & Simard, "High Performance Convolutional Neural Networks for Document
 * Processing" (2006).
 */

import { emptyTensor, type Tensor } from "../graph/tensor";
import type { Attrs } from "../graph/value";
import { type Geometry, geometry } from "./conv/geometry";
import { UNROLLED_TAPS } from "./conv/kernels";
import { gradInputNodes, windowOf } from "./conv/onnx";
import { forEachTap } from "./conv/reference";
import { defineOp, gridOf, ints, type KernelSource, linearIndex, loop, type OnnxArgs, range } from "./define";

/**
 * The convolution whose output channels are the rows of the matrix. Each picks one tap of one
 * channel.
 */
function picking(image: readonly number[], attrs: Attrs): { g: Geometry; weight: number[]; attrs: Attrs } {
  const [kh, kw] = ints(attrs, "kernel");
  const channels = image[1];
  const grouped = { ...attrs, group: channels };
  const weight = [channels * kh * kw, 1, kh, kw];
  return { g: geometry(image, weight, grouped), weight, attrs: grouped };
}

/** Calls `visit` with each element of the image and where the matrix holds it. */
function forEachEntry(image: readonly number[], attrs: Attrs, visit: (image: number, matrix: number) => void): void {
  const { g } = picking(image, attrs);
  const taps = g.kh * g.kw;
  const pixels = g.oh * g.ow;
  forEachTap(g, (x, w, y) => {
    const row = Math.floor(y / pixels) % g.outChannels;
    if (w % taps !== row % taps) return;
    const n = Math.floor(y / (pixels * g.outChannels));
    visit(x, (row * g.batch + n) * pixels + (y % pixels));
  });
}

/**
 * WGSL that declares `n`, `c`, `iy` and `ix`, the pixel behind a row and column of the matrix. `iy`
 * and `ix` may lie outside the image.
 */
const source = (
  g: Geometry,
  column: string,
) => `let n = ${column} / ${g.oh * g.ow}u; let pixel = ${column} % ${g.oh * g.ow}u;
    let iy = i32(pixel / ${g.ow}u) * ${g.strideY} + down; let ix = i32(pixel % ${g.ow}u) * ${g.strideX} + right;
    let inside = iy >= 0 && iy < ${g.h} && ix >= 0 && ix < ${g.w};
    let at = ((n * ${g.inChannels}u + c) * ${g.h}u + u32(clamp(iy, 0, ${g.h - 1}))) * ${g.w}u + u32(clamp(ix, 0, ${g.w - 1}));`;

function columnsKernel(image: readonly number[], attrs: Attrs, x: string): KernelSource {
  const { g } = picking(image, attrs);
  const columns = g.batch * g.oh * g.ow;
  const unit = columns % 4 === 0 ? 4 : 1;
  const perRow = columns / unit;
  const count = g.outChannels * perRow;
  const one = (j: number) => `{ let column = first + ${j}u; ${source(g, "column")}
    value${unit === 4 ? `[${j}]` : ""} = select(0.0, ${x}[at], inside); }`;
  return {
    types: ["f32", unit === 4 ? "vec4f" : "f32"],
    body: `${linearIndex(count, 64)}
  let row = i / ${perRow}u; let first = (i % ${perRow}u) * ${unit}u;
  let tap = row % ${g.kh * g.kw}u; let c = row / ${g.kh * g.kw}u;
  let down = i32(tap / ${g.kw}u) * ${g.dilationY} - ${g.padTop}; let right = i32(tap % ${g.kw}u) * ${g.dilationX} - ${g.padLeft};
  var value = ${unit === 4 ? "vec4f()" : "0.0"};
  ${range(unit).map(one).join("\n  ")}
  write(i, value);`,
    workgroup: [64, 1, 1],
    grid: gridOf(count, 64),
  };
}

function imageKernel(image: readonly number[], attrs: Attrs, columns: string): KernelSource {
  const { g } = picking(image, attrs);
  const count = g.batch * g.inChannels * g.h * g.w;
  /**
   * The output position along one axis whose window reads this pixel with tap k, or null where
   * there is none.
   */
  const place = (axis: "y" | "x", k: string, dilation: number, stride: number, size: number) =>
    `let t${axis} = p${axis} - ${k} * ${dilation}; let has_${axis} = t${axis} >= 0 && t${axis} % ${stride} == 0 && t${axis} / ${stride} < ${size};
    let o${axis} = u32(clamp(t${axis} / ${stride}, 0, ${size - 1}));`;
  const row = (ky: string) => place("y", ky, g.dilationY, g.strideY, g.oh);
  const add = (ky: string, kx: string) => `${place("x", kx, g.dilationX, g.strideX, g.ow)}
    let at = (((c * ${g.kh}u + u32(${ky})) * ${g.kw}u + u32(${kx})) * ${g.batch}u + n) * ${g.oh * g.ow}u + oy * ${g.ow}u + ox;
    acc += select(0.0, ${columns}[at], has_y && has_x);`;
  const unrolled = range(g.kh)
    .map(
      (ky) =>
        `{ ${row(`${ky}`)} ${range(g.kw)
          .map((kx) => `{ ${add(`${ky}`, `${kx}`)} }`)
          .join("\n")} }`,
    )
    .join("\n  ");
  const looped = `${loop("i32", "ky", g.kh)} { ${row("ky")} ${loop("i32", "kx", g.kw)} { ${add("ky", "kx")} } }`;
  return {
    types: ["f32", "f32"],
    body: `${linearIndex(count, 64)}
  let px = i32(i % ${g.w}u) + ${g.padLeft}; let py = i32((i / ${g.w}u) % ${g.h}u) + ${g.padTop};
  let c = (i / ${g.h * g.w}u) % ${g.inChannels}u; let n = i / ${g.inChannels * g.h * g.w}u;
  var acc = 0.0;
  ${g.kh * g.kw <= UNROLLED_TAPS ? unrolled : looped}
  write(i, acc);`,
    workgroup: [64, 1, 1],
    grid: gridOf(count, 64),
  };
}

/** The weights of the picking convolution. */
function pickingWeights({ e }: OnnxArgs, weight: readonly number[]): string {
  const [rows, , kh, kw] = weight;
  const taps = kh * kw;
  const data = new Float32Array(rows * taps);
  for (let row = 0; row < rows; row++) data[row * taps + (row % taps)] = 1;
  return e.floats(weight, data);
}

const cases = [
  {
    image: [2, 3, 5, 6],
    attrs: { strides: [1, 1], pads: [1, 1, 1, 1], dilations: [1, 1], kernel: [3, 3] },
  },
  {
    image: [3, 2, 7, 6],
    attrs: { strides: [2, 1], pads: [0, 1, 1, 0], dilations: [1, 2], kernel: [3, 2] },
  },
  {
    image: [1, 2, 9, 8],
    attrs: { strides: [1, 2], pads: [3, 2, 3, 2], dilations: [1, 1], kernel: [7, 5] },
  },
];

const columnMatrix = (image: readonly number[], attrs: Attrs): number[] => {
  const { g } = picking(image, attrs);
  return [g.outChannels, g.batch * g.oh * g.ow];
};

/** Adds each number of `from` to the element that the entries name. */
const sumInto = (from: Tensor, to: Tensor, entries: (visit: (from: number, to: number) => void) => void): Tensor => {
  const sums = new Float64Array(to.data.length);
  entries((i, o) => {
    sums[o] += from.data[i];
  });
  to.data.set(sums);
  return to;
};

export default [
  defineOp({
    // Attributes: strides, pads, dilations, kernel [KH, KW].
    type: "Im2col",
    kind: "kernel",
    shape: ([x], a) => ({ shape: columnMatrix(x.shape, a) }),
    interpret: ([x], a, shape) => sumInto(x, emptyTensor(shape), (visit) => forEachEntry(x.shape, a, visit)),
    kernel: ({ inputs: [x], attrs: a, names }) => columnsKernel(x.shape, a, names[0]),
    toOnnx: (args) => {
      const { e, inputs, shapes, shape } = args;
      const { weight, attrs, g } = picking(shapes[0], args.attrs);
      const planes = e.node("Conv", [inputs[0], pickingWeights(args, weight)], windowOf(attrs));
      const flat = e.node("Reshape", [planes, e.ints([g.batch, g.outChannels, g.oh * g.ow])]);
      return e.node("Reshape", [e.node("Transpose", [flat], { perm: [1, 0, 2] }), e.ints(shape)]);
    },
    vjp: ({ b, inputs: [x], dy, attrs }) => [b.op("Col2im", [dy], { ...attrs, shape: [...x.shape] })],
    onnx: {},
    cases: cases.map(({ image, attrs }) => ({ shapes: [image], attrs })),
  }),
  defineOp({
    // Attributes: those of Im2col, and shape [B, C, H, W].
    type: "Col2im",
    kind: "kernel",
    shape: (_, a) => ({ shape: [...ints(a, "shape")] }),
    interpret: ([columns], a, shape) =>
      sumInto(columns, emptyTensor(shape), (visit) => forEachEntry(shape, a, (image, matrix) => visit(matrix, image))),
    kernel: ({ shape, attrs: a, names }) => imageKernel(shape, a, names[0]),
    toOnnx: (args) => {
      const { e, inputs, shape } = args;
      const { weight, attrs, g } = picking(shape, args.attrs);
      const split = e.node("Reshape", [inputs[0], e.ints([g.outChannels, g.batch, g.oh, g.ow])]);
      const planes = e.node("Transpose", [split], { perm: [1, 0, 2, 3] });
      const dy = [g.batch, g.outChannels, g.oh, g.ow];
      return gradInputNodes(e, [planes, pickingWeights(args, weight)], dy, weight, attrs, shape);
    },
    vjp: ({ b, dy, attrs: { shape: _, ...attrs } }) => [b.op("Im2col", [dy], attrs)],
    onnx: {},
    cases: cases.map(({ image, attrs }) => ({
      shapes: [columnMatrix(image, attrs)],
      attrs: { ...attrs, shape: image },
    })),
  }),
];
