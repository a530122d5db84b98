/**
 * Weighted cross-entropy of logits [B, C] against target distributions [B, C] with weights [B]: Σ
 * w·(−Σ t·log softmax(x)), a scalar. With weights summing to 1 it is
 * torch.nn.functional.cross_entropy(weight=…, reduction="mean").
 */
import { emptyTensor } from "../graph/tensor";
import { defineOp, onceDifferentiable } from "./define";
import { rowKernel } from "./row-kernel";
import { plus } from "./tree-reduction";

/** Calls `f` for each row with its start, log Σ exp and weight. */
function eachLogitRow(
  x: ArrayLike<number>,
  w: ArrayLike<number>,
  classes: number,
  f: (start: number, logSum: number, weight: number) => void,
) {
  for (let row = 0; row < w.length; row++) {
    const start = row * classes;
    let most = -Infinity;
    for (let c = 0; c < classes; c++) most = Math.max(most, x[start + c]);
    let total = 0;
    for (let c = 0; c < classes; c++) total += Math.exp(x[start + c] - most);
    f(start, most + Math.log(total), w[row]);
  }
}

export default [
  defineOp({
    // The loss of each row, [B, 1].
    type: "CrossEntropyRows",
    kind: "kernel",
    shape: ([x]) => ({ shape: [x.shape[0], 1] }),
    interpret: ([x, t, w], _, shape) => {
      const out = emptyTensor(shape);
      const classes = x.shape[1];
      eachLogitRow(x.data, w.data, classes, (start, logSum, weight) => {
        let loss = 0;
        for (let c = 0; c < classes; c++) loss += t.data[start + c] * (logSum - x.data[start + c]);
        out.data[start / classes] = weight * loss;
      });
      return out;
    },
    kernel: ({ inputs, names: [x, t, w] }) => {
      const source = rowKernel({
        name: "cross-entropy",
        shape: inputs[0].shape,
        inputs: 3,
        quads: false,
        program: ({ reduce }) => `${reduce("most", "-3.4028234e38", `value = ${x}[at];`, (a, b) => `max(${a}, ${b})`)}
  ${reduce("total", "0.0", `value = exp(${x}[at] - most);`, plus)}
  let log_sum = most + log(total);
  ${reduce("loss", "0.0", `value = ${t}[at] * (log_sum - ${x}[at]);`, plus)}
  write(row, ${w}[row] * loss);`,
      });
      return source;
    },
    toOnnx: ({ e, inputs: [x, t, w], shape }) => {
      const logs = e.node("Mul", [t, e.node("LogSoftmax", [x], { axis: -1 })]);
      const rows = e.node("ReduceSum", [logs, e.ints([1])], { keepdims: 1 });
      return e.node("Neg", [e.node("Mul", [e.node("Reshape", [w, e.ints(shape)]), rows])]);
    },
    // Targets and weights are data.
    nonDifferentiable: [1, 2],
    vjp: ({ b, inputs: [x, t, w], dy }) => [b.mul(b.op("CrossEntropyRowsGrad", [x, t, w]), dy), null, null],
    onnx: {},
    cases: [{ shapes: [[5, 3], [5, 3], [5]], domain: [0, 2] }],
  }),
  defineOp({
    // w · (softmax(x)·Σt − t), [B, C].
    type: "CrossEntropyRowsGrad",
    kind: "kernel",
    shape: ([x]) => ({ shape: [...x.shape] }),
    interpret: ([x, t, w], _, shape) => {
      const out = emptyTensor(shape);
      const classes = shape[1];
      eachLogitRow(x.data, w.data, classes, (start, logSum, weight) => {
        let mass = 0;
        for (let c = 0; c < classes; c++) mass += t.data[start + c];
        for (let c = 0; c < classes; c++) {
          out.data[start + c] = weight * (Math.exp(x.data[start + c] - logSum) * mass - t.data[start + c]);
        }
      });
      return out;
    },
    kernel: ({ shape, names: [x, t, w] }) =>
      rowKernel({
        name: "cross-entropy gradient",
        shape,
        inputs: 3,
        quads: false,
        program: ({
          each,
          reduce,
        }) => `${reduce("most", "-3.4028234e38", `value = ${x}[at];`, (a, b) => `max(${a}, ${b})`)}
  ${reduce("total", "0.0", `value = exp(${x}[at] - most);`, plus)}
  ${reduce("mass", "0.0", `value = ${t}[at];`, plus)}
  ${each(`write(at, ${w}[row] * (exp(${x}[at] - most) / total * mass - ${t}[at]));`)}`,
      }),
    toOnnx: ({ e, inputs: [x, t, w], shape }) => {
      const mass = e.node("ReduceSum", [t, e.ints([1])], { keepdims: 1 });
      const share = e.node("Mul", [e.node("Softmax", [x], { axis: -1 }), mass]);
      return e.node("Mul", [e.node("Reshape", [w, e.ints([shape[0], 1])]), e.node("Sub", [share, t])]);
    },
    ...onceDifferentiable,
    onnx: {},
    cases: [{ shapes: [[5, 3], [5, 3], [5]], domain: [0, 2] }],
  }),
];
