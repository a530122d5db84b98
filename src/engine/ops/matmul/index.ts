/**
 * Matrix product over the last two axes. Leading axes broadcast, and either operand may be
 * transposed. https://onnx.ai/onnx/operators/onnx__MatMul.html
 */

import type { Value } from "../../graph/value";
import type { GraphWriter } from "../../graph/writer";
import { defineOp, num, type OnnxReader, required, shapeError } from "../define";
import { type Form, multiplied, pairGradients, pairNode, productFlops, sizes, sumKernel } from "./pair";

/**
 * For a transposed operand whose columns are contiguous but whose rows are not: the same matrices
 * with swapped axes, which need no copy or a copy along rows. Else null.
 */
function turned(b: GraphWriter, v: Value): Value | null {
  if (v.op !== "Transpose") return null;
  const perm = [...(v.attrs.perm as readonly number[])];
  if (perm.at(-2) !== perm.length - 1) return null;
  return b.transpose(v.inputs[0], [...perm.slice(0, -2), perm.at(-1)!, perm.at(-2)!]);
}

const readMatMul: OnnxReader = (n) => {
  const [a, b] = [required(n, 0), required(n, 1)];
  // A vector is a row on the left and a column on the right. The result drops its axis.
  if (a.shape.length === 1 || b.shape.length === 1) {
    const row = a.shape.length === 1 ? n.b.reshape(a, [1, a.shape[0]]) : a;
    const column = b.shape.length === 1 ? n.b.reshape(b, [b.shape[0], 1]) : b;
    const y = n.b.matmul(row, column);
    const rank = y.shape.length;
    const isVector = [a, b].map((v) => v.shape.length === 1);
    return n.b.reshape(
      y,
      y.shape.filter((_, i) => !(i === rank - 2 && isVector[0]) && !(i === rank - 1 && isVector[1])),
    );
  }
  return b.shape.length === 2 ? n.b.linear(a, b, false) : n.b.matmul(a, b);
};

/** alpha·A'·B' + beta·C. https://onnx.ai/onnx/operators/onnx__Gemm.html */
export const readGemm: OnnxReader = (n) => {
  const product = n.b.matmul(
    required(n, 0),
    required(n, 1),
    num(n.attrs, "transA", 0) === 1,
    num(n.attrs, "transB", 0) === 1,
  );
  const y = n.b.scale(product, num(n.attrs, "alpha", 1));
  return n.inputs[2] ? n.b.add(y, n.b.scale(n.inputs[2], num(n.attrs, "beta", 1))) : y;
};

const formOf = ({ transA, transB }: Value["attrs"]): Form => ({ transA: transA === 1, transB: transB === 1 });

export default defineOp({
  type: "MatMul",
  kind: "kernel",
  shape: (inputs, attrs) => {
    const s = sizes(inputs, formOf(attrs));
    if (!s) throw shapeError("MatMul", inputs, "[…, M, K] and […, K, N] with leading axes that broadcast");
    return { shape: [...s.batch, s.m, s.n], dtype: inputs[0].dtype };
  },
  interpret: (inputs, attrs, shape) => multiplied(inputs, formOf(attrs), shape),
  kernel: ({ inputs, attrs, names }) => sumKernel(inputs, [formOf(attrs)], names),
  flops: (inputs, attrs, shape) => productFlops(inputs, formOf(attrs), shape),
  toOnnx: ({ e, inputs, shapes, attrs }) => pairNode(e, inputs, shapes, formOf(attrs)),
  // The kernel reads a transposed operand in place instead of copying it.
  simplify: (b, [x, y], attrs) => {
    const left = turned(b, x);
    if (left) return b.matmul(left, y, attrs.transA !== 1, attrs.transB === 1);
    const right = turned(b, y);
    return right && b.matmul(x, right, attrs.transA === 1, attrs.transB !== 1);
  },
  vjp: ({ b, inputs, dy, attrs, needs }) => pairGradients(b, inputs, formOf(attrs), dy, needs),
  onnx: { MatMul: readMatMul, Gemm: readGemm },
  cases: [
    {
      shapes: [
        [3, 5],
        [5, 2],
      ],
      attrs: { transA: 0, transB: 0 },
    },
    {
      shapes: [
        [8, 16],
        [16, 12],
      ],
      attrs: { transA: 0, transB: 0 },
    },
    {
      shapes: [
        [9, 12],
        [8, 12],
      ],
      attrs: { transA: 0, transB: 1 },
    },
    {
      shapes: [
        [12, 9],
        [12, 8],
      ],
      attrs: { transA: 1, transB: 0 },
    },
    {
      shapes: [
        [12, 7],
        [8, 12],
      ],
      attrs: { transA: 1, transB: 1 },
    },
    {
      shapes: [
        [2, 3, 5, 8],
        [2, 3, 8, 6],
      ],
      attrs: { transA: 0, transB: 0 },
    },
    {
      shapes: [
        [2, 3, 5, 8],
        [3, 7, 8],
      ],
      attrs: { transA: 0, transB: 1 },
    },
    {
      shapes: [
        [6, 8],
        [4, 8, 9],
      ],
      attrs: { transA: 0, transB: 0 },
    },
    {
      shapes: [
        [65_600, 1, 2],
        [65_600, 2, 1],
      ],
      attrs: { transA: 0, transB: 0 },
    },
    {
      shapes: [
        [68, 40],
        [40, 264],
      ],
      attrs: { transA: 0, transB: 0 },
    },
  ],
});
