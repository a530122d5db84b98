/**
 * Gather along one axis by constant indices, and its adjoint ScatterAdd.
 * https://onnx.ai/onnx/operators/onnx__Gather.html
 */

import { emptyTensor, sizeOf, type Tensor, tensor } from "../graph/tensor";
import type { Value } from "../graph/value";
import type { GraphWriter } from "../graph/writer";
import { asInt, constant, constantInts, defineOp, gridOf, linearIndex, normalizeAxis, num, required } from "./define";
import { sliceAxis } from "./slice";

/** [outer, axis, inner] of a shape around an axis. */
function around(shape: readonly number[], axis: number): [number, number, number] {
  return [sizeOf(shape.slice(0, axis)), shape[axis], sizeOf(shape.slice(axis + 1))];
}

/** Whole numbers that index an axis, as float32 like all numbers at run time: exact to 2²⁴. */
export const indexTensor = (indices: readonly number[]): Tensor => tensor([indices.length], indices, "f32");

/** Elements of an axis by their positions there. */
export function gatherAxis(b: GraphWriter, x: Value, axis: number, indices: readonly number[]): Value {
  return b.op("Gather", [x, b.constant(indexTensor(indices))], { axis });
}

/**
 * The inverse of an index list, so that a kernel need not search it: the positions sorted by the
 * index that they hold, and the start of each index's positions.
 */
function inverseOf(indices: ArrayLike<number>, length: number): { order: Tensor; starts: Tensor } {
  const starts = new Array<number>(length + 1).fill(0);
  for (let k = 0; k < indices.length; k++) starts[indices[k] + 1]++;
  for (let i = 0; i < length; i++) starts[i + 1] += starts[i];
  const next = starts.slice();
  const order = new Array<number>(indices.length);
  for (let k = 0; k < indices.length; k++) order[next[indices[k]]++] = k;
  return { order: indexTensor(order), starts: indexTensor(starts) };
}

/** Sums the slices of `x` along an axis whose index is k into slice k of `length` slices. */
export function scatterAxis(b: GraphWriter, x: Value, axis: number, indices: Value, length: number): Value {
  const { order, starts } = inverseOf(indices.data!.data, length);
  return b.op("ScatterAdd", [x, indices, b.constant(order), b.constant(starts)], { axis, length });
}

export default [
  defineOp({
    // Inputs: data, indices (rank 1, whole numbers ≥ 0); the axis becomes as long as the indices.
    type: "Gather",
    kind: "kernel",
    shape: ([x, indices], attrs) => {
      const axis = num(attrs, "axis");
      return { shape: x.shape.map((d, i) => (i === axis ? indices.shape[0] : d)), dtype: x.dtype };
    },
    interpret: ([x, indices], attrs, shape) => {
      const axis = num(attrs, "axis");
      const out = emptyTensor(shape, x.dtype);
      const [outer, length, inner] = around(x.shape, axis);
      const count = indices.data.length;
      for (let o = 0; o < outer; o++) {
        for (let k = 0; k < count; k++) {
          const from = (o * length + indices.data[k]) * inner;
          out.data.set(x.data.subarray(from, from + inner), (o * count + k) * inner);
        }
      }
      return out;
    },
    kernel: ({ inputs: [x, indices], shape, attrs, names }) => {
      const [, length, inner] = around(x.shape, num(attrs, "axis"));
      const size = sizeOf(shape);
      return {
        types: ["f32", "f32", "f32"],
        body: `${linearIndex(size, 64)}
  let k = (i / ${inner}u) % ${indices.shape[0]}u; let outer = i / ${inner * indices.shape[0]}u;
  write(i, ${names[0]}[(outer * ${length}u + u32(${names[1]}[k])) * ${inner}u + i % ${inner}u]);`,
        workgroup: [64, 1, 1],
        grid: gridOf(size, 64),
      };
    },
    toOnnx: ({ e, inputs: [x, indices], attrs }) =>
      e.node("Gather", [x, asInt(e, indices)], { axis: num(attrs, "axis") }),
    nonDifferentiable: [1],
    vjp: ({ b, inputs: [x, indices], dy, attrs }) => {
      const axis = num(attrs, "axis");
      return [scatterAxis(b, dy, axis, indices, x.shape[axis]), null];
    },
    onnx: {
      Gather: (n) => {
        const x = required(n, 0);
        const axis = normalizeAxis(num(n.attrs, "axis", 0), x.shape.length);
        const given = required(n, 1);
        const indices = constantInts(given, "Gather's indices")!.map((i) => (i < 0 ? i + x.shape[axis] : i));
        const shape = [...x.shape.slice(0, axis), ...given.shape, ...x.shape.slice(axis + 1)];
        const consecutive = indices.every((v, i) => v === indices[0] + i);
        const gathered = consecutive
          ? sliceAxis(n, x, axis, indices[0] ?? 0, indices.length)
          : gatherAxis(n.b, x, axis, indices);
        return n.b.reshape(gathered, shape);
      },
    },
    cases: [
      { shapes: [[5, 3], [4]], values: { 1: [4, 0, 0, 2] }, attrs: { axis: 0 } },
      { shapes: [[2, 4, 3], [6]], values: { 1: [3, 3, 1, 0, 2, 1] }, attrs: { axis: 1 } },
    ],
  }),
  defineOp({
    // Sums the slices of dy whose index is k into slice k of a tensor of `length` along the axis.
    // The last two inputs are the inverse of the indices: positions sorted by index, and where each
    // index's positions start.
    type: "ScatterAdd",
    kind: "kernel",
    shape: ([dy], attrs) => ({
      shape: dy.shape.map((d, i) => (i === num(attrs, "axis") ? num(attrs, "length") : d)),
      dtype: dy.dtype,
    }),
    interpret: ([dy, indices], attrs, shape) => {
      const out = emptyTensor(shape, dy.dtype);
      const [outer, length, inner] = around(shape, num(attrs, "axis"));
      const count = indices.data.length;
      for (let o = 0; o < outer; o++) {
        for (let k = 0; k < count; k++) {
          const to = (o * length + indices.data[k]) * inner;
          for (let j = 0; j < inner; j++) out.data[to + j] += dy.data[(o * count + k) * inner + j];
        }
      }
      return out;
    },
    kernel: ({ inputs: [, indices], shape, attrs, names }) => {
      const [, length, inner] = around(shape, num(attrs, "axis"));
      const size = sizeOf(shape);
      const count = indices.shape[0];
      return {
        types: ["f32", "f32", "f32", "f32", "f32"],
        body: `${linearIndex(size, 64)}
  let at = (i / ${inner}u) % ${length}u; let outer = i / ${inner * length}u;
  var sum = 0.0;
  for (var p = u32(${names[3]}[at]); p < u32(${names[3]}[at + 1u]); p++) {
    sum += ${names[0]}[(outer * ${count}u + u32(${names[2]}[p])) * ${inner}u + i % ${inner}u];
  }
  write(i, sum);`,
        workgroup: [64, 1, 1],
        grid: gridOf(size, 64),
      };
    },
    toOnnx: ({ e, inputs: [dy, indices], shapes: [from], attrs, shape }) => {
      const axis = num(attrs, "axis");
      const along = from.map((d, i) => (i === axis ? d : 1));
      const at = e.node("Expand", [e.node("Reshape", [asInt(e, indices), e.ints(along)]), e.ints(from)]);
      const zeros = e.node("Expand", [constant(e, 0), e.ints(shape)]);
      return e.node("ScatterElements", [zeros, at, dy], { axis, reduction: "add" });
    },
    nonDifferentiable: [1, 2, 3],
    vjp: ({ b, inputs: [, indices], dy, attrs }) => [
      b.op("Gather", [dy, indices], { axis: attrs.axis }),
      null,
      null,
      null,
    ],
    onnx: {},
    cases: [
      {
        shapes: [[4, 3], [4], [4], [6]],
        values: { 1: [4, 0, 0, 2], 2: [1, 2, 3, 0], 3: [0, 2, 2, 3, 3, 4] },
        attrs: { axis: 0, length: 5 },
      },
    ],
  }),
];
