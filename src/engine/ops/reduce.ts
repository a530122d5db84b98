/**
 * Sums and maxima over axes, which keep length 1. The readers write ONNX's whole Reduce family with
 * them. https://onnx.ai/onnx/operators/
 */

import { emptyTensor, forEachOffset, sizeOf, stridesOf, type Tensor } from "../graph/tensor";
import type { Value } from "../graph/value";
import { defineOp, ints, type KernelSource, normalizeAxis, num, type OnnxReader, required } from "./define";
import { readAxes } from "./reshape";
import { offsetCode } from "./strided";
import { plus, type Reduction, reduceCode, treeReductionKernel } from "./tree-reduction";

/** @param names tensors of this shape, whose product is reduced where they are two */
function reduceKernel(
  x: readonly number[],
  axes: readonly number[],
  names: readonly string[],
  identity: string,
  combine: Reduction["combine"],
): KernelSource {
  const last = x.length - 1;
  // Along rows, neighbouring numbers belong to one result. Along columns they belong to several,
  // which are read four at a time.
  const isRows = axes.includes(last);
  const unit = !isRows && x[last] % 4 === 0 ? 4 : 1;
  const type = unit === 4 ? ("vec4f" as const) : ("f32" as const);
  const own = stridesOf(x).map((s, axis) => (axis === last ? s : s / unit));
  const kept = x.map((d, axis) => (axes.includes(axis) ? 1 : axis === last ? d / unit : d));
  const dropped = x.map((d, axis) => (axes.includes(axis) ? d : 1));
  const [outputs, count] = [sizeOf(kept), sizeOf(dropped)];
  const value = names.map((name) => `${name}[base + o]`).join(" * ");
  const element = (k: string) => `let at = ${k}; ${offsetCode("o", "at", dropped, own)} let value = ${value};`;
  const types = new Array<typeof type>(names.length + 1).fill(type);
  const name = `reduce ${names.length > 1 ? "products " : ""}${isRows ? "rows" : "columns"}`;
  return treeReductionKernel({
    total: outputs,
    count,
    types,
    type,
    name,
    inRow: isRows,
    body: (threadGroup) => `${offsetCode("base", "number", kept, own)}
  ${reduceCode({ type, count, identity, combine, element }, threadGroup, "result")}
  if (place == 0u && !is_beyond) { write(number, result); }`,
  });
}

function reducedShape([x]: readonly Value[], attrs: Value["attrs"]) {
  const axes = ints(attrs, "axes");
  return { shape: x.shape.map((d, i) => (axes.includes(i) ? 1 : d)), dtype: x.dtype };
}

/** @param numbers of the tensor's shape */
function reduced(
  { shape: from, dtype }: Tensor,
  numbers: ArrayLike<number>,
  attrs: Value["attrs"],
  shape: readonly number[],
  identity: number,
  f: (a: number, b: number) => number,
): Tensor {
  const axes = ints(attrs, "axes");
  const own = stridesOf(shape);
  const results = new Float64Array(sizeOf(shape)).fill(identity);
  const strides = from.map((_, i) => (axes.includes(i) ? 0 : own[i]));
  forEachOffset(from, [strides], (i, [o]) => {
    results[o] = f(results[o], numbers[i]);
  });
  const out = emptyTensor(shape, dtype);
  out.data.set(results);
  return out;
}

function reduction(
  type: string,
  identity: number,
  wgslIdentity: string,
  f: (a: number, b: number) => number,
  wgsl: (a: string, b: string) => string,
) {
  return {
    type,
    kind: "reduce" as const,
    shape: reducedShape,
    interpret: ([x]: readonly Tensor[], attrs: Value["attrs"], shape: readonly number[]) =>
      reduced(x, x.data, attrs, shape, identity, f),
    kernel: ({ inputs: [x], attrs, names }: Parameters<NonNullable<ReturnType<typeof defineOp>["kernel"]>>[0]) =>
      reduceKernel(x.shape, ints(attrs, "axes"), names, wgslIdentity, wgsl),
    simplify: (_: unknown, [x]: readonly Value[], attrs: Value["attrs"]) =>
      ints(attrs, "axes").every((a) => x.shape[a] === 1) ? x : null,
    cases: [
      { shapes: [[3, 5]], attrs: { axes: [1] } },
      { shapes: [[6, 4]], attrs: { axes: [0] } },
      { shapes: [[2, 3, 4]], attrs: { axes: [0, 2] } },
      { shapes: [[4, 300]], attrs: { axes: [1] } },
      { shapes: [[3, 259]], attrs: { axes: [1] } },
      { shapes: [[260, 5]], attrs: { axes: [0] } },
      { shapes: [[2, 131, 136]], attrs: { axes: [0, 1] } },
      { shapes: [[2, 4097]], attrs: { axes: [1] } },
      { shapes: [[4100, 4]], attrs: { axes: [0] } },
    ],
  };
}

/** Reads Reduce*: `map` before the sum, `after` the sum (given the number of elements summed). */
const readReduce =
  (
    type: "ReduceSum" | "ReduceMax" | "ReduceProd",
    before: (b: Parameters<OnnxReader>[0]["b"], x: Value) => Value = (_, x) => x,
    after: (b: Parameters<OnnxReader>[0]["b"], y: Value, count: number) => Value = (_, y) => y,
  ): OnnxReader =>
  (n) => {
    const x = required(n, 0);
    const given = readAxes(n, 1);
    if (num(n.attrs, "noop_with_empty_axes", 0) === 1 && !given?.length) return x;
    const axes = (given?.length ? given : x.shape.map((_, i) => i)).map((a) => normalizeAxis(a, x.shape.length));
    const y = after(
      n.b,
      n.b.op(type, [before(n.b, x)], { axes }),
      axes.reduce((c, a) => c * x.shape[a], 1),
    );
    if (num(n.attrs, "keepdims", 1) === 1) return y;
    return n.b.reshape(
      y,
      x.shape.filter((_, i) => !axes.includes(i)),
    );
  };

const square: NonNullable<Parameters<typeof readReduce>[1]> = (b, x) => b.mul(x, x);
const meanOver: NonNullable<Parameters<typeof readReduce>[2]> = (b, y, count) => b.scale(y, 1 / count);
const negate: NonNullable<Parameters<typeof readReduce>[1]> = (b, x) => b.neg(x);

/** Global average pooling: mean over all axes after the channel. */
const readGlobalAverage: OnnxReader = (n) => {
  const x = required(n, 0);
  const axes = x.shape.map((_, i) => i).slice(2);
  return meanOver(
    n.b,
    n.b.sum(x, axes),
    axes.reduce((c, a) => c * x.shape[a], 1),
  );
};

export default [
  defineOp({
    ...reduction("ReduceSum", 0, "0.0", (a, b) => a + b, plus),
    toOnnx: ({ e, inputs: [x], attrs }) => e.node("ReduceSum", [x, e.ints(ints(attrs, "axes"))], { keepdims: 1 }),
    vjp: ({ b, inputs: [x], dy }) => [b.expand(dy, x.shape)],
    onnx: {
      ReduceSum: readReduce("ReduceSum"),
      ReduceMean: readReduce("ReduceSum", undefined, meanOver),
      ReduceSumSquare: readReduce("ReduceSum", square),
      ReduceL2: readReduce("ReduceSum", square, (b, y) => b.op("Sqrt", [y])),
      ReduceL1: readReduce("ReduceSum", (b, x) => b.op("Abs", [x])),
      ReduceLogSum: readReduce("ReduceSum", undefined, (b, y) => b.op("Log", [y])),
      ReduceLogSumExp: readReduce(
        "ReduceSum",
        (b, x) => b.op("Exp", [x]),
        (b, y) => b.op("Log", [y]),
      ),
      GlobalAveragePool: readGlobalAverage,
    },
  }),
  defineOp({
    // Σ x·y over axes of two tensors of one shape. `passes/sum-products.ts` writes it for a sum of
    // a product.
    type: "ReduceSumProduct",
    kind: "reduce",
    shape: reducedShape,
    interpret: ([x, y], attrs, shape) => {
      const products = Float64Array.from(x.data, (v, i) => v * y.data[i]);
      return reduced(x, products, attrs, shape, 0, (a, b) => a + b);
    },
    kernel: ({ inputs: [x], attrs, names }) => reduceKernel(x.shape, ints(attrs, "axes"), names, "0.0", plus),
    toOnnx: ({ e, inputs: [x, y], attrs }) =>
      e.node("ReduceSum", [e.node("Mul", [x, y]), e.ints(ints(attrs, "axes"))], { keepdims: 1 }),
    vjp: ({ b, inputs: [x, y], dy }) => [b.mul(y, dy), b.mul(x, dy)],
    onnx: {},
    cases: [
      [3, 5],
      [6, 4],
      [260, 5],
      [2, 270, 8],
    ].map((shape) => ({
      shapes: [shape, shape],
      attrs: { axes: [shape.length - 2] },
    })),
  }),
  defineOp({
    ...reduction("ReduceMax", -Infinity, "-3.4028234e38", Math.max, (a, b) => `max(${a}, ${b})`),
    toOnnx: ({ e, inputs: [x], attrs }) => e.node("ReduceMax", [x, e.ints(ints(attrs, "axes"))], { keepdims: 1 }),
    // Elements that equal the maximum share its cotangent equally, as in torch.amax.
    vjp: ({ b, inputs: [x], y, dy, attrs }) => {
      const isMost = b.op("ToFloat", [b.op("Equal", [x, y])]);
      return [b.mul(isMost, b.div(dy, b.sum(isMost, ints(attrs, "axes"))))];
    },
    onnx: {
      ReduceMax: readReduce("ReduceMax"),
      ReduceMin: readReduce("ReduceMax", negate, (b, y) => b.neg(y)),
    },
  }),
  defineOp({
    ...reduction(
      "ReduceProd",
      1,
      "1.0",
      (a, b) => a * b,
      (a, b) => `${a} * ${b}`,
    ),
    toOnnx: ({ e, inputs: [x], attrs }) => e.node("ReduceProd", [x, e.ints(ints(attrs, "axes"))], { keepdims: 1 }),
    // The gradient is the product of the other elements: a quotient where no element is zero.
    vjp: ({ b, inputs: [x], y, dy }) => [b.div(b.mul(dy, y), x)],
    onnx: { ReduceProd: readReduce("ReduceProd") },
  }),
];
