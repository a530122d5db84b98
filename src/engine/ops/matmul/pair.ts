/** One product of two tensors, which `MatMul` and `MatMulSum` share. */

import { broadcastShapes, broadcastStrides, emptyTensor, sizeOf, type Tensor } from "../../graph/tensor";
import type { Value } from "../../graph/value";
import type { GraphWriter } from "../../graph/writer";
import type { KernelSource, OnnxArgs } from "../define";
import { offsetCode } from "../strided";
import { productKernel } from "./kernel";

/** Which operands are read transposed. */
export interface Form {
  transA: boolean;
  transB: boolean;
}

type Shaped = { shape: readonly number[] };

interface ProductSizes {
  m: number;
  n: number;
  k: number;
  batch: number[];
}

/** Null where the shapes do not fit. */
export function sizes([x, y]: readonly Shaped[], { transA, transB }: Form): ProductSizes | null {
  const [a, b] = [x.shape, y.shape];
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

/** The product on the CPU, summed in float64. */
export function multiplied([a, b]: readonly Tensor[], form: Form, shape: readonly number[]): Tensor {
  const { transA, transB } = form;
  const { m, n, k, batch } = sizes([a, b], form)!;
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

/** 2 per multiplication with addition. */
export const productFlops = (inputs: readonly Shaped[], form: Form, shape: readonly number[]): number =>
  2 * sizeOf(shape) * sizes(inputs, form)!.k;

/** The kernels of the sum of products of pairs of inputs, one form each. */
export function sumKernel(inputs: readonly Shaped[], forms: readonly Form[], names: readonly string[]): KernelSource {
  const pairs = forms.map((form, t) => ({ form, ...sizes(inputs.slice(2 * t, 2 * t + 2), form)! }));
  const [{ m, n, batch }] = pairs;
  const offset = (operand: number, { shape }: Shaped) => {
    const [rows, columns] = shape.slice(-2);
    const unit = columns % 4 === 0 ? 4 : 1;
    const strides = batchStrides(shape, batch).map((s) => (s * rows * columns) / unit);
    return `fn offset_${operand}(batch: u32) -> u32 { ${offsetCode("o", "batch", batch, strides)} return o; }`;
  };
  const terms = pairs.map(({ k, form }) => ({ k, ...form }));
  const functions = inputs.map((input, operand) => offset(operand, input));
  return productKernel({ m, n, terms, batches: sizeOf(batch) }, names, functions.join("\n"));
}

/** Cotangents of both operands. */
export function pairGradients(
  b: GraphWriter,
  [x, y]: readonly Value[],
  { transA, transB }: Form,
  dy: Value,
  needs: readonly boolean[],
): (Value | null)[] {
  const dx = needs[0] && (transA ? b.matmul(y, dy, transB, true) : b.matmul(dy, y, false, !transB));
  const dw = needs[1] && (transB ? b.matmul(dy, x, true, transA) : b.matmul(x, dy, !transA, false));
  return [dx ? b.reduceTo(dx, x.shape) : null, dw ? b.reduceTo(dw, y.shape) : null];
}

/** The product as a node of ONNX. */
export function pairNode(
  e: OnnxArgs["e"],
  [a, b]: readonly string[],
  [x, y]: readonly (readonly number[])[],
  { transA, transB }: Form,
): string {
  if (!transA && !transB) return e.node("MatMul", [a, b]);
  // Gemm reads a transposed matrix in place, but takes no leading axes.
  if (x.length === 2 && y.length === 2) return e.node("Gemm", [a, b], { transA: +transA, transB: +transB });
  const swapped = (v: string, rank: number) => {
    const axes = Array.from({ length: rank }, (_, i) => i);
    return e.node("Transpose", [v], { perm: [...axes.slice(0, -2), rank - 1, rank - 2] });
  };
  return e.node("MatMul", [transA ? swapped(a, x.length) : a, transB ? swapped(b, y.length) : b]);
}
