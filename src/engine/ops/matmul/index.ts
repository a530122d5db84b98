/**
 * Matrix product over the last two axes, leading axes broadcast, either operand read transposed.
 * https://onnx.ai/onnx/operators/onnx__MatMul.html
 */
import type { Builder } from "../../ir/builder";
import type { Value } from "../../ir/value";
import { broadcastShapes, broadcastStrides, emptyTensor, sizeOf, type Tensor } from "../../tensor";
import { defineOp, num, type OnnxReader, required, shapeError } from "../define";
import { offsetCode } from "../strided";
import { productKernel } from "./kernel";

interface Sizes {
  m: number;
  n: number;
  k: number;
  batch: number[];
}

function sizes(inputs: readonly { shape: readonly number[] }[], transA: boolean, transB: boolean): Sizes | null {
  const [a, b] = inputs.map((v) => v.shape);
  if (a.length < 2 || b.length < 2) return null;
  const [ra, ca] = a.slice(-2);
  const [rb, cb] = b.slice(-2);
  const batch = broadcastShapes(a.slice(0, -2), b.slice(0, -2));
  const [m, k] = transA ? [ca, ra] : [ra, ca];
  const [kb, n] = transB ? [cb, rb] : [rb, cb];
  return batch && k === kb ? { m, n, k, batch } : null;
}

/** Offsets (in matrices) of each batch entry of an operand. */
const batchStrides = (shape: readonly number[], batch: readonly number[]) =>
  broadcastStrides(shape.slice(0, -2), batch);

function refMatMul(a: Tensor, b: Tensor, transA: boolean, transB: boolean, shape: readonly number[]): Tensor {
  const { m, n, k, batch } = sizes([a, b], transA, transB)!;
  const out = emptyTensor(shape, a.dtype);
  const [sa, sb] = [a, b].map((t) => batchStrides(t.shape, batch));
  const row = new Float64Array(n);
  for (let z = 0; z < sizeOf(batch); z++) {
    let rest = z;
    let za = 0;
    let zb = 0;
    for (let axis = batch.length - 1; axis >= 0; axis--) {
      za += (rest % batch[axis]) * sa[axis];
      zb += (rest % batch[axis]) * sb[axis];
      rest = Math.floor(rest / batch[axis]);
    }
    const A = a.data.subarray(za * m * k, (za + 1) * m * k);
    const B = b.data.subarray(zb * k * n, (zb + 1) * k * n);
    for (let i = 0; i < m; i++) {
      row.fill(0);
      for (let p = 0; p < k; p++) {
        const x = transA ? A[p * m + i] : A[i * k + p];
        if (x === 0) continue;
        if (transB) for (let j = 0; j < n; j++) row[j] += x * B[j * k + p];
        else for (let j = 0; j < n; j++) row[j] += x * B[p * n + j];
      }
      out.data.set(row, (z * m + i) * n);
    }
  }
  return out;
}

/**
 * For a transposed operand whose rows are no longer contiguous, but whose columns are: its matrices the other way round, whose
 * copy goes along rows, or is none at all. Else null.
 */
function turned(b: Builder, v: Value): Value | null {
  if (v.op !== "Transpose") return null;
  const perm = [...(v.attrs.perm as readonly number[])];
  if (perm.at(-2) !== perm.length - 1) return null;
  return b.transpose(v.inputs[0], [...perm.slice(0, -2), perm.at(-1)!, perm.at(-2)!]);
}

const readMatMul: OnnxReader = (n) => {
  const [a, b] = [required(n, 0), required(n, 1)];
  // A vector is a row on the left and a column on the right; its axis vanishes again.
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

export default defineOp({
  type: "MatMul",
  kind: "kernel",
  shape: (inputs, attrs) => {
    const s = sizes(inputs, attrs.transA === 1, attrs.transB === 1);
    if (!s) throw shapeError("MatMul", inputs, "[…, M, K] and […, K, N] with leading axes that broadcast");
    return { shape: [...s.batch, s.m, s.n], dtype: inputs[0].dtype };
  },
  ref: ([a, b], attrs, shape) => refMatMul(a, b, attrs.transA === 1, attrs.transB === 1, shape),
  kernel: ({ inputs, attrs, names: [x, y] }) => {
    const transA = attrs.transA === 1;
    const transB = attrs.transB === 1;
    const { m, n, k, batch } = sizes(inputs, transA, transB)!;
    const functions = [m * k, k * n].map((matrix, operand) => {
      const unit = (operand === 0 ? (transA ? m : k) : transB ? k : n) % 4 === 0 ? 4 : 1;
      const strides = batchStrides(inputs[operand].shape, batch).map((s) => (s * matrix) / unit);
      return `fn offset_${operand}(batch: u32) -> u32 { ${offsetCode("o", "batch", batch, strides)} return o; }`;
    });
    return productKernel({ m, n, k, transA, transB, batches: sizeOf(batch) }, x, y, functions.join("\n"));
  },
  flops: (inputs, attrs, shape) => 2 * sizeOf(shape) * sizes(inputs, attrs.transA === 1, attrs.transB === 1)!.k,
  toOnnx: ({ e, inputs: [a, b], shapes: [x, y], attrs }) => {
    const [transA, transB] = [attrs.transA === 1, attrs.transB === 1];
    if (!transA && !transB) return e.node("MatMul", [a, b]);
    // Gemm reads a transposed matrix in place; it takes no leading axes.
    if (x.length === 2 && y.length === 2) return e.node("Gemm", [a, b], { transA: +transA, transB: +transB });
    const swapped = (v: string, rank: number) => {
      const axes = Array.from({ length: rank }, (_, i) => i);
      return e.node("Transpose", [v], { perm: [...axes.slice(0, -2), rank - 1, rank - 2] });
    };
    return e.node("MatMul", [transA ? swapped(a, x.length) : a, transB ? swapped(b, y.length) : b]);
  },
  // A transposed operand is read in place instead of copied.
  simplify: (b, [x, y], attrs) => {
    const left = turned(b, x);
    if (left) return b.matmul(left, y, attrs.transA !== 1, attrs.transB === 1);
    const right = turned(b, y);
    return right && b.matmul(x, right, attrs.transA === 1, attrs.transB !== 1);
  },
  vjp: ({ b, inputs: [x, y], dy, attrs, needs }) => {
    const ta = attrs.transA === 1;
    const tb = attrs.transB === 1;
    const dx = needs[0] && (ta ? b.matmul(y, dy, tb, true) : b.matmul(dy, y, false, !tb));
    const dw = needs[1] && (tb ? b.matmul(dy, x, true, ta) : b.matmul(x, dy, !ta, false));
    return [dx ? b.reduceTo(dx, x.shape) : null, dw ? b.reduceTo(dw, y.shape) : null];
  },
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
