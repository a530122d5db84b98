/**
 * Maximum and average pooling over two spatial axes.
 * https://onnx.ai/onnx/operators/onnx__MaxPool.html, …onnx__AveragePool.html
 */

import { emptyTensor, sizeOf, tensor } from "../graph/tensor";
import type { Attrs, Value } from "../graph/value";
import type { GraphWriter } from "../graph/writer";
import { type Geometry, geometry, readWindow } from "./conv/geometry";
import { forEachTap } from "./conv/reference";
import {
  constant,
  defineOp,
  gridOf,
  ints,
  linearIndex,
  loop,
  num,
  type OnnxEmitter,
  type OnnxNode,
  type OnnxReader,
  onceDifferentiable,
  required,
} from "./define";
import { unsupportedForm } from "./reshape";

/** A pooling window as the geometry of a depthwise convolution. */
function poolWindow(x: readonly number[], attrs: Parameters<typeof geometry>[2]): Geometry {
  const [kh, kw] = ints(attrs, "kernel");
  return geometry(x, [x[1], 1, kh, kw], { ...attrs, group: x[1] });
}

/** Offset of the first greatest element under each output. */
function argmax(x: ArrayLike<number>, g: Geometry): Int32Array {
  const best = new Int32Array(g.batch * g.outChannels * g.oh * g.ow).fill(-1);
  forEachTap(g, (i, _, o) => {
    if (best[o] < 0 || x[i] > x[best[o]]) best[o] = i;
  });
  return best;
}

interface Pooling {
  /** [B, C, H, W]; one spatial axis gets a second of length 1. */
  x: Value;
  attrs: { kernel: number[]; strides: number[]; dilations: number[]; pads: number[] };
  /** Padding at the end before ceil_mode lengthened it. */
  ends: number[];
  /** The result in the rank of the node's input. */
  restore: (y: Value) => Value;
}

function readPooling(n: OnnxNode, kernel: readonly number[] = ints(n.attrs, "kernel_shape")): Pooling {
  const given = required(n, 0);
  const spatial = given.shape.slice(2);
  if (spatial.length < 1 || spatial.length > 2) throw unsupportedForm(n, `${spatial.length} spatial axes`);
  const { strides, dilations, pads } = readWindow(n, spatial, kernel);
  const [begins, ends] = [pads.slice(0, spatial.length), pads.slice(spatial.length)];
  const lengthened = ends.slice();
  if (num(n.attrs, "ceil_mode", 0) === 1) {
    // The extra padding at the end makes the floored size equal the ceiled one. The last window
    // must start inside.
    spatial.forEach((size, i) => {
      const span = size + begins[i] + ends[i] - dilations[i] * (kernel[i] - 1) - 1;
      let out = Math.ceil(span / strides[i]) + 1;
      if ((out - 1) * strides[i] >= size + begins[i]) out--;
      lengthened[i] += Math.max(0, (out - 1) * strides[i] - span);
    });
  }
  const fill = (list: readonly number[], value: number) => (spatial.length === 2 ? [...list] : [...list, value]);
  return {
    x: spatial.length === 2 ? given : n.b.reshape(given, [...given.shape, 1]),
    attrs: {
      kernel: fill(kernel, 1),
      strides: fill(strides, 1),
      dilations: fill(dilations, 1),
      pads: [...fill(begins, 0), ...fill(lengthened, 0)],
    },
    ends: fill(ends, 0),
    restore: (y) => (spatial.length === 2 ? y : n.b.reshape(y, y.shape.slice(0, 3))),
  };
}

/** Sums under each window: a depthwise convolution with ones. */
function windowSums(b: GraphWriter, x: Value, { kernel, ...conv }: Pooling["attrs"]): Value {
  return b.op("Conv", [x, b.filled([x.shape[1], 1, ...kernel], 1)], { ...conv, group: x.shape[1] });
}

/**
 * The mean leaves padding out unless `count_include_pad` is set. It always leaves out what
 * `ceil_mode` adds at the end.
 */
const readAveragePool: OnnxReader = (n) => {
  const { b } = n;
  const { x, attrs, ends, restore } = readPooling(n);
  const [, , h, w] = x.shape;
  const [top, left, bottom, right] = attrs.pads;
  const included = num(n.attrs, "count_include_pad", 0) === 1;
  const counted = included
    ? { size: [h + top + ends[0], w + left + ends[1]], pads: [0, 0, bottom - ends[0], right - ends[1]] }
    : { size: [h, w], pads: attrs.pads };
  const counts = windowSums(b, b.filled([1, 1, ...counted.size], 1), { ...attrs, pads: counted.pads });
  const shares = Float32Array.from(counts.data!.data, (c) => 1 / c);
  const isUniform = shares.every((share) => share === shares[0]);
  const sums = windowSums(b, x, attrs);
  return restore(isUniform ? b.scale(sums, shares[0]) : b.mul(sums, b.constant(tensor(counts.shape, shares))));
};

/** (Σ |x|ᵖ)^(1/p) under each window. https://onnx.ai/onnx/operators/onnx__LpPool.html */
const readLpPool: OnnxReader = (n) => {
  const { b } = n;
  const spatial = required(n, 0).shape.slice(2);
  const { x, attrs, restore } = readPooling(n, n.opType === "GlobalLpPool" ? spatial : undefined);
  const p = b.scalar(num(n.attrs, "p", 2));
  const sums = windowSums(b, b.op("Pow", [b.op("Abs", [x]), p]), attrs);
  return restore(b.op("Pow", [sums, b.op("Reciprocal", [p])]));
};

const readMaxPool: OnnxReader = (n) => {
  const spatial = required(n, 0).shape.slice(2);
  const { x, attrs, restore } = readPooling(n, n.opType === "GlobalMaxPool" ? spatial : undefined);
  return restore(n.b.op("MaxPool", [x], attrs));
};

/** The maxima and their places in the flat input. */
const pooled = (e: OnnxEmitter, x: string, a: Attrs): readonly string[] =>
  e.nodeOf(2, "MaxPool", [x], {
    kernel_shape: ints(a, "kernel"),
    strides: ints(a, "strides"),
    pads: ints(a, "pads"),
    dilations: ints(a, "dilations"),
  });

const poolAttrs = { kernel: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], dilations: [1, 1] };

export const readers: Readonly<Record<string, OnnxReader>> = {
  AveragePool: readAveragePool,
  LpPool: readLpPool,
  GlobalLpPool: readLpPool,
};

export default [
  defineOp({
    type: "MaxPool",
    kind: "kernel",
    shape: ([x], a) => {
      const g = poolWindow(x.shape, a);
      return { shape: [g.batch, g.outChannels, g.oh, g.ow] };
    },
    interpret: ([x], a, shape) => {
      const best = argmax(x.data, poolWindow(x.shape, a));
      return tensor(
        shape,
        Float32Array.from(best, (i) => x.data[i]),
      );
    },
    kernel: ({ inputs: [x], shape, attrs: a, names: [input] }) => {
      const g = poolWindow(x.shape, a);
      const size = sizeOf(shape);
      return {
        types: ["f32", "f32"],
        body: `${linearIndex(size, 64)}
  let plane = i / ${g.oh * g.ow}u; let pixel = i % ${g.oh * g.ow}u;
  let y0 = i32(pixel / ${g.ow}u) * ${g.strideY} - ${g.padTop}; let x0 = i32(pixel % ${g.ow}u) * ${g.strideX} - ${g.padLeft};
  var best = -3.4028234e38;
  ${loop("i32", "ky", g.kh)} { ${loop("i32", "kx", g.kw)} {
    let iy = y0 + ky * ${g.dilationY}; let ix = x0 + kx * ${g.dilationX};
    if (iy >= 0 && iy < ${g.h} && ix >= 0 && ix < ${g.w}) { best = max(best, ${input}[(plane * ${g.h}u + u32(iy)) * ${g.w}u + u32(ix)]); }
  } }
  write(i, best);`,
        workgroup: [64, 1, 1],
        grid: gridOf(size, 64),
      };
    },
    toOnnx: ({ e, inputs: [x], attrs: a }) => pooled(e, x, a)[0],
    vjp: ({ b, inputs: [x], y, dy, attrs: a }) => [b.op("MaxPoolGrad", [x, y, dy], a)],
    onnx: { MaxPool: readMaxPool, GlobalMaxPool: readMaxPool },
    cases: [{ shapes: [[2, 2, 5, 6]], attrs: poolAttrs }],
  }),
  defineOp({
    // Inputs x, y, dy. Each output's cotangent goes to the first element that equals the maximum.
    type: "MaxPoolGrad",
    kind: "kernel",
    shape: ([x]) => ({ shape: [...x.shape] }),
    interpret: ([x, , dy], a, shape) => {
      const out = emptyTensor(shape);
      argmax(x.data, poolWindow(x.shape, a)).forEach((at, o) => {
        out.data[at] += dy.data[o];
      });
      return out;
    },
    kernel: ({ shape, attrs: a, names: [x, y, dy] }) => {
      const g = poolWindow(shape, a);
      const size = sizeOf(shape);
      return {
        types: ["f32", "f32", "f32", "f32"],
        declarations: `fn is_first(plane: u32, oy: i32, ox: i32, at: u32) -> bool {
  let most = ${y}[(plane * ${g.oh}u + u32(oy)) * ${g.ow}u + u32(ox)];
  for (var ky = 0; ky < ${g.kh}; ky++) { for (var kx = 0; kx < ${g.kw}; kx++) {
    let iy = oy * ${g.strideY} - ${g.padTop} + ky * ${g.dilationY}; let ix = ox * ${g.strideX} - ${g.padLeft} + kx * ${g.dilationX};
    if (iy < 0 || iy >= ${g.h} || ix < 0 || ix >= ${g.w}) { continue; }
    let other = (plane * ${g.h}u + u32(iy)) * ${g.w}u + u32(ix);
    if (${x}[other] == most) { return other == at; }
  } }
  return false;
}`,
        body: `${linearIndex(size, 64)}
  let plane = i / ${g.h * g.w}u; let pixel = i % ${g.h * g.w}u;
  let py = i32(pixel / ${g.w}u) + ${g.padTop}; let px = i32(pixel % ${g.w}u) + ${g.padLeft};
  var sum = 0.0;
  ${loop("i32", "ky", g.kh)} { ${loop("i32", "kx", g.kw)} {
    let ty = py - ky * ${g.dilationY}; let tx = px - kx * ${g.dilationX};
    if (ty < 0 || tx < 0 || ty % ${g.strideY} != 0 || tx % ${g.strideX} != 0) { continue; }
    let oy = ty / ${g.strideY}; let ox = tx / ${g.strideX};
    if (oy >= ${g.oh} || ox >= ${g.ow}) { continue; }
    if (is_first(plane, oy, ox, i)) { sum += ${dy}[(plane * ${g.oh}u + u32(oy)) * ${g.ow}u + u32(ox)]; }
  } }
  write(i, sum);`,
        workgroup: [64, 1, 1],
        grid: gridOf(size, 64),
      };
    },
    toOnnx: ({ e, inputs: [x, , dy], attrs: a, shape }) => {
      const flat = (v: string) => e.node("Reshape", [v, e.ints([-1])]);
      const zeros = e.node("Expand", [constant(e, 0), e.ints([sizeOf(shape)])]);
      const places = flat(pooled(e, x, a)[1]);
      const sums = e.node("ScatterElements", [zeros, places, flat(dy)], { axis: 0, reduction: "add" });
      return e.node("Reshape", [sums, e.ints(shape)]);
    },
    ...onceDifferentiable,
    onnx: {},
    cases: [
      {
        shapes: [
          [1, 1, 3, 3],
          [1, 1, 2, 2],
          [1, 1, 2, 2],
        ],
        values: { 0: [1, 5, 5, 0, 5, 2, 3, 4, 4.5], 1: [5, 5, 5, 5] },
        attrs: { kernel: [2, 2], strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1] },
      },
    ],
  }),
];
