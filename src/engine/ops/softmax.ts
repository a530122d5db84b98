/**
 * Softmax over the last axis, and its gradient. https://onnx.ai/onnx/operators/onnx__Softmax.html
 */
import { emptyTensor, sizeOf } from "../graph/tensor";
import { defineOp, normalizeAxis, num, type OnnxReader, required } from "./define";
import { rowKernel } from "./row-kernel";
import { plus } from "./tree-reduction";

/** Moves another axis to the end. Before opset 13 all axes from `axis` on count as one. */
const readSoftmax: OnnxReader = (n) => {
  const x = required(n, 0);
  const rank = x.shape.length;
  const axis = normalizeAxis(num(n.attrs, "axis", n.opset < 13 ? 1 : -1), rank);
  if (axis === rank - 1) return n.b.op("Softmax", [x]);
  if (n.opset < 13) {
    const flat = n.b.reshape(x, [sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis))]);
    return n.b.reshape(n.b.op("Softmax", [flat]), x.shape);
  }
  const perm = x.shape.map((_, i) => (i === axis ? rank - 1 : i === rank - 1 ? axis : i));
  return n.b.transpose(n.b.op("Softmax", [n.b.transpose(x, perm)]), perm);
};

/**
 * Computes x − log Σ exp x. It subtracts the maximum first, so that no exponential overflows and
 * the sum does not vanish.
 */
const readLogSoftmax: OnnxReader = (n) => {
  const given = required(n, 0);
  const { shape } = given;
  const axis = normalizeAxis(num(n.attrs, "axis", n.opset < 13 ? 1 : -1), shape.length);
  const x = n.opset < 13 ? n.b.reshape(given, [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis))]) : given;
  const axes = [n.opset < 13 ? 1 : axis];
  const shifted = n.b.sub(x, n.b.op("ReduceMax", [x], { axes }));
  const logSum = n.b.op("Log", [n.b.sum(n.b.op("Exp", [shifted]), axes)]);
  return n.b.reshape(n.b.sub(shifted, logSum), shape);
};

export default [
  defineOp({
    type: "Softmax",
    kind: "kernel",
    shape: ([x]) => ({ shape: [...x.shape] }),
    interpret: ([x], _, shape) => {
      const out = emptyTensor(shape);
      const width = shape[shape.length - 1];
      for (let start = 0; start < x.data.length; start += width) {
        let most = -Infinity;
        for (let j = 0; j < width; j++) most = Math.max(most, x.data[start + j]);
        let total = 0;
        for (let j = 0; j < width; j++) total += Math.exp(x.data[start + j] - most);
        for (let j = 0; j < width; j++) out.data[start + j] = Math.exp(x.data[start + j] - most) / total;
      }
      return out;
    },
    kernel: ({ shape, names: [x] }) =>
      rowKernel({
        name: "softmax",
        shape,
        inputs: 1,
        quads: true,
        program: ({
          each,
          reduce,
        }) => `${reduce("most", "-3.4028234e38", `value = ${x}[at];`, (a, b) => `max(${a}, ${b})`)}
  ${reduce("total", "0.0", `value = exp(${x}[at] - most);`, plus)}
  ${each(`write(at, exp(${x}[at] - most) / total);`)}`,
      }),
    toOnnx: ({ e, inputs: [x] }) => e.node("Softmax", [x], { axis: -1 }),
    vjp: ({ b, y, dy }) => [b.op("SoftmaxGrad", [y, dy])],
    onnx: { Softmax: readSoftmax, LogSoftmax: readLogSoftmax },
    cases: [
      { shapes: [[3, 4]] },
      { shapes: [[2, 70]], domain: [-30, 30] },
      { shapes: [[1100, 3]] },
      { shapes: [[35, 260]] },
    ],
  }),
  defineOp({
    // dx = y · (dy − Σ y·dy)
    type: "SoftmaxGrad",
    kind: "kernel",
    shape: ([y]) => ({ shape: [...y.shape] }),
    interpret: ([y, dy], _, shape) => {
      const out = emptyTensor(shape);
      const width = shape[shape.length - 1];
      for (let start = 0; start < y.data.length; start += width) {
        let sum = 0;
        for (let j = 0; j < width; j++) sum += y.data[start + j] * dy.data[start + j];
        for (let j = 0; j < width; j++) out.data[start + j] = y.data[start + j] * (dy.data[start + j] - sum);
      }
      return out;
    },
    kernel: ({ shape, names: [y, dy] }) =>
      rowKernel({
        name: "softmax gradient",
        shape,
        inputs: 2,
        quads: true,
        program: ({ each, reduce }) => `${reduce("sum", "0.0", `value = ${y}[at] * ${dy}[at];`, plus)}
  ${each(`write(at, ${y}[at] * (${dy}[at] - sum));`)}`,
      }),
    toOnnx: ({ e, inputs: [y, dy] }) => {
      const sum = e.node("ReduceSum", [e.node("Mul", [y, dy]), e.ints([-1])], { keepdims: 1 });
      return e.node("Mul", [y, e.node("Sub", [dy, sum])]);
    },
    vjp: ({ b, inputs: [y, dy], dy: cotangent }) => {
      const last = [y.shape.length - 1];
      const sum = b.sum(b.mul(y, dy), last);
      const weighted = b.sum(b.mul(cotangent, y), last);
      return [b.sub(b.mul(cotangent, b.sub(dy, sum)), b.mul(dy, weighted)), b.mul(y, b.sub(cotangent, weighted))];
    },
    onnx: {},
    cases: [
      {
        shapes: [
          [3, 4],
          [3, 4],
        ],
      },
      {
        shapes: [
          [2, 70],
          [2, 70],
        ],
      },
      {
        shapes: [
          [40, 68],
          [40, 68],
        ],
      },
    ],
  }),
];
