/**
 * Convolution over two spatial axes, any stride, padding, dilation and groups.
 * https://onnx.ai/onnx/operators/onnx__Conv.html
 */
import { emptyTensor, sameShape, sizeOf } from "../../graph/tensor";
import { defineOp, ints, num, type OnnxReader, required, shapeError } from "../define";
import { depthwise, depthwiseGradInput } from "./depthwise";
import { geometry, readWindow } from "./geometry";
import { forward, gradInput } from "./kernels";
import { gradInputNodes, gradWeightNodes, windowOf } from "./onnx";
import { forEachTap } from "./reference";
import { gradWeight } from "./weight-gradient";

/**
 * Reads patch embeddings (kernel = stride) and 1×1 convolutions as matrix products. A
 * one-dimensional convolution gets a second axis of length 1.
 */
export const readConv: OnnxReader = (n) => {
  const { b } = n;
  let [x, w] = [required(n, 0), required(n, 1)];
  const flat = x.shape.length === 3;
  const window = readWindow(n, x.shape.slice(2), w.shape.slice(2));
  let { strides, dilations, pads } = window;
  if (flat) {
    x = b.reshape(x, [...x.shape, 1]);
    w = b.reshape(w, [...w.shape, 1]);
    strides = [strides[0], 1];
    dilations = [dilations[0], 1];
    pads = [pads[0], 0, pads[1], 0];
  }
  const group = num(n.attrs, "group", 1);
  const [batch, channels, h, width] = x.shape;
  const [out, , kh, kw] = w.shape;
  const unpadded = pads.every((p) => p === 0);
  let y: typeof x;
  if (group === 1 && unpadded && kh === 1 && kw === 1 && strides.every((s) => s === 1)) {
    y = b.matmul(b.reshape(w, [out, channels]), b.reshape(x, [batch, channels, h * width]));
    y = b.reshape(y, [batch, out, h, width]);
  } else if (group === 1 && unpadded && sameShape(strides, [kh, kw]) && dilations.every((d) => d === 1)) {
    const [rows, columns] = [Math.floor(h / kh), Math.floor(width / kw)];
    const cropped = b.op("Slice", [x], {
      starts: [0, 0, 0, 0],
      steps: [1, 1, 1, 1],
      shape: [batch, channels, rows * kh, columns * kw],
    });
    const patches = b.transpose(b.reshape(cropped, [batch, channels, rows, kh, columns, kw]), [0, 2, 4, 1, 3, 5]);
    const tokens = b.linear(
      b.reshape(patches, [batch, rows * columns, channels * kh * kw]),
      b.reshape(w, [out, channels * kh * kw]),
      true,
    );
    y = b.reshape(b.transpose(tokens, [0, 2, 1]), [batch, out, rows, columns]);
  } else {
    y = b.op("Conv", [x, w], { strides, pads, dilations, group });
  }
  if (flat) y = b.reshape(y, y.shape.slice(0, 3));
  const bias = n.inputs[2];
  if (!bias) return y;
  return b.add(y, b.reshape(bias, [out, ...y.shape.slice(2).map(() => 1)]));
};

/** Every output element reads each tap of its kernel for each channel of its group. */
const convFlops = (out: readonly number[], weight: readonly number[]) => 2 * sizeOf(out) * sizeOf(weight.slice(1));

const attrs = { strides: [1, 1], pads: [1, 1, 1, 1], dilations: [1, 1], group: 1 };
const strided = { strides: [2, 1], pads: [0, 1, 1, 0], dilations: [1, 2], group: 1 };

export default [
  defineOp({
    type: "Conv",
    kind: "kernel",
    shape: (inputs, a) => {
      const [x, w] = inputs;
      if (x.shape.length !== 4 || w.shape.length !== 4 || x.shape[1] !== w.shape[1] * num(a, "group")) {
        throw shapeError("Conv", inputs, "[B, I, H, W] and [O, I/group, KH, KW]");
      }
      const g = geometry(x.shape, w.shape, a);
      if (g.oh < 1 || g.ow < 1) throw shapeError("Conv", inputs, "an image at least as large as the kernel");
      return { shape: [g.batch, g.outChannels, g.oh, g.ow] };
    },
    interpret: ([x, w], a, shape) => {
      const sums = new Float64Array(emptyTensor(shape).data.length);
      forEachTap(geometry(x.shape, w.shape, a), (i, k, o) => {
        sums[o] += x.data[i] * w.data[k];
      });
      return { shape, dtype: "f32", data: Float32Array.from(sums) };
    },
    flops: ([, w], _, shape) => convFlops(shape, w.shape),
    kernel: ({ inputs: [x, w], attrs: a, names }) => {
      const g = geometry(x.shape, w.shape, a);
      return depthwise(g, names) ?? forward(g, names);
    },
    toOnnx: ({ e, inputs, attrs: a }) => e.node("Conv", inputs, windowOf(a)),
    vjp: ({ b, inputs: [x, w], dy, attrs: a, needs }) => [
      needs[0] ? b.op("ConvGradInput", [dy, w], { ...a, shape: [...x.shape] }) : null,
      needs[1] ? b.op("ConvGradWeight", [x, dy], { ...a, shape: [...w.shape] }) : null,
    ],
    onnx: { Conv: readConv },
    cases: [
      {
        shapes: [
          [2, 3, 5, 6],
          [4, 3, 3, 3],
        ],
        attrs,
      },
      {
        shapes: [
          [1, 4, 5, 5],
          [4, 1, 3, 3],
        ],
        attrs: { ...attrs, group: 4 },
      },
      {
        shapes: [
          [2, 4, 7, 6],
          [6, 2, 3, 2],
        ],
        attrs: { ...strided, group: 2 },
      },
      {
        shapes: [
          [1, 2, 9, 8],
          [2, 1, 7, 5],
        ],
        attrs: { strides: [1, 2], pads: [3, 2, 3, 2], dilations: [1, 1], group: 2 },
      },
      {
        shapes: [
          [2, 3, 7, 11],
          [6, 1, 3, 3],
        ],
        attrs: { strides: [2, 1], pads: [2, 1, 2, 1], dilations: [2, 1], group: 3 },
      },
      {
        shapes: [
          [1, 4, 9],
          [8, 4, 3],
        ].map((s) => [...s, 1]),
        attrs: { strides: [2, 1], pads: [2, 0, 1, 0], dilations: [2, 1], group: 1 },
      },
    ],
  }),
  defineOp({
    type: "ConvGradInput",
    kind: "kernel",
    shape: (_, a) => ({ shape: [...ints(a, "shape")] }),
    interpret: ([dy, w], a, shape) => {
      const out = emptyTensor(shape);
      forEachTap(geometry(shape, w.shape, a), (i, k, o) => {
        out.data[i] += dy.data[o] * w.data[k];
      });
      return out;
    },
    flops: ([dy, w]) => convFlops(dy.shape, w.shape),
    kernel: ({ inputs: [, w], shape, attrs: a, names }) => {
      const g = geometry(shape, w.shape, a);
      return depthwiseGradInput(g, names) ?? gradInput(g, names);
    },
    toOnnx: ({ e, inputs, shapes: [dy, w], attrs: a, shape }) => gradInputNodes(e, inputs, dy, w, a, shape),
    // The operator is linear in each input. Conv and the weight gradient are its adjoints.
    vjp: ({ b, inputs: [g, w], dy, attrs: { shape: _, ...a } }) => [
      b.op("Conv", [dy, w], a),
      b.op("ConvGradWeight", [dy, g], { ...a, shape: [...w.shape] }),
    ],
    onnx: {},
    cases: [
      {
        shapes: [
          [2, 4, 5, 6],
          [4, 3, 3, 3],
        ],
        attrs: { ...attrs, shape: [2, 3, 5, 6] },
      },
      {
        shapes: [
          [2, 6, 3, 5],
          [6, 2, 3, 2],
        ],
        attrs: { ...strided, group: 2, shape: [2, 4, 7, 6] },
      },
      {
        shapes: [
          [2, 3, 7, 9],
          [3, 1, 5, 3],
        ],
        attrs: { strides: [1, 1], pads: [2, 0, 1, 1], dilations: [1, 1], group: 3, shape: [2, 3, 8, 10] },
      },
      {
        shapes: [
          [2, 3, 7, 9],
          [3, 1, 3, 3],
        ],
        attrs: { strides: [1, 2], pads: [1, 1, 1, 2], dilations: [1, 2], group: 3, shape: [2, 3, 7, 18] },
      },
    ],
  }),
  defineOp({
    type: "ConvGradWeight",
    kind: "kernel",
    shape: (_, a) => ({ shape: [...ints(a, "shape")] }),
    interpret: ([x, dy], a, shape) => {
      const out = emptyTensor(shape);
      forEachTap(geometry(x.shape, shape, a), (i, k, o) => {
        out.data[k] += dy.data[o] * x.data[i];
      });
      return out;
    },
    flops: ([, dy], _, shape) => convFlops(dy.shape, shape),
    kernel: ({ inputs: [x], shape, attrs: a, names }) => gradWeight(geometry(x.shape, shape, a), names),
    toOnnx: ({ e, inputs, shapes: [x], attrs: a, shape }) => gradWeightNodes(e, inputs, geometry(x, shape, a)),
    vjp: ({ b, inputs: [x, g], dy, attrs: { shape: _, ...a } }) => [
      b.op("ConvGradInput", [g, dy], { ...a, shape: [...x.shape] }),
      b.op("Conv", [x, dy], a),
    ],
    onnx: {},
    cases: [
      {
        shapes: [
          [2, 3, 5, 6],
          [2, 4, 5, 6],
        ],
        attrs: { ...attrs, shape: [4, 3, 3, 3] },
      },
      {
        shapes: [
          [2, 4, 7, 6],
          [2, 6, 3, 5],
        ],
        attrs: { ...strided, group: 2, shape: [6, 2, 3, 2] },
      },
      {
        shapes: [
          [3, 4, 12, 9],
          [3, 4, 12, 9],
        ],
        attrs: { strides: [1, 1], pads: [3, 3, 3, 3], dilations: [1, 1], group: 4, shape: [4, 1, 7, 7] },
      },
    ],
  }),
];
