/**
 * Slice reads the elements start + k·step of each axis. Its adjoint Pad writes them back among
 * zeros. https://onnx.ai/onnx/operators/onnx__Slice.html,
 * https://onnx.ai/onnx/operators/onnx__Pad.html
 */

import { emptyTensor, forEachOffset, sameShape, sizeOf, stridesOf, tensor } from "../graph/tensor";
import type { Value } from "../graph/value";
import {
  constantInts,
  defineOp,
  gridOf,
  ints,
  linearIndex,
  normalizeAxis,
  num,
  type OnnxReader,
  required,
} from "./define";
import { stridedCopy } from "./strided";

/** Element offset of the first element read, and the strides of reading. */
function reading(shape: readonly number[], starts: readonly number[], steps: readonly number[]) {
  const own = stridesOf(shape);
  return { base: own.reduce((sum, s, i) => sum + s * starts[i], 0), strides: own.map((s, i) => s * steps[i]) };
}

const readSlice: OnnxReader = (n) => {
  const x = required(n, 0);
  const rank = x.shape.length;
  const from = constantInts(n.inputs[1], "Slice's starts") ?? ints(n.attrs, "starts");
  const to = constantInts(n.inputs[2], "Slice's ends") ?? ints(n.attrs, "ends");
  const axes =
    constantInts(n.inputs[3], "Slice's axes") ??
    ints(
      n.attrs,
      "axes",
      from.map((_, i) => i),
    );
  const by = constantInts(n.inputs[4], "Slice's steps") ?? from.map(() => 1);
  const starts = x.shape.map(() => 0);
  const steps = x.shape.map(() => 1);
  const shape = [...x.shape];
  axes.forEach((given, k) => {
    const axis = normalizeAxis(given, rank);
    const d = x.shape[axis];
    const clamp = (v: number, low: number, high: number) => Math.min(Math.max(v < 0 ? v + d : v, low), high);
    const step = by[k];
    const start = step > 0 ? clamp(from[k], 0, d) : clamp(from[k], -1, d - 1);
    const end = step > 0 ? clamp(to[k], 0, d) : to[k] < -d ? -1 : clamp(to[k], -1, d - 1);
    starts[axis] = start;
    steps[axis] = step;
    shape[axis] = Math.max(0, Math.ceil((end - start) / step));
  });
  // Slice's kernel reads forwards only.
  const backwards = steps.map((step, axis) => (step < 0 ? axis : -1)).filter((axis) => axis >= 0);
  const turned = backwards.reduce((y, axis) => {
    const places = Float32Array.from({ length: shape[axis] }, (_, i) => starts[axis] + i * steps[axis]);
    [starts[axis], steps[axis]] = [0, 1];
    return n.b.op("Gather", [y, n.b.constant(tensor([places.length], places))], { axis });
  }, x);
  return n.b.op("Slice", [turned], { starts, steps, shape });
};

/** A part of one axis. */
export function sliceAxis(
  n: { b: Parameters<OnnxReader>[0]["b"] },
  x: Value,
  axis: number,
  start: number,
  length: number,
): Value {
  return n.b.op("Slice", [x], {
    starts: x.shape.map((_, i) => (i === axis ? start : 0)),
    steps: x.shape.map(() => 1),
    shape: x.shape.map((d, i) => (i === axis ? length : d)),
  });
}

const readSplit: OnnxReader = (n) => {
  const x = required(n, 0);
  const axis = normalizeAxis(num(n.attrs, "axis", 0), x.shape.length);
  const even = Math.ceil(x.shape[axis] / n.outputs);
  const given = constantInts(n.inputs[1], "Split's sizes") ?? (n.attrs.split ? ints(n.attrs, "split") : null);
  const sizes = given ?? Array.from({ length: n.outputs }, (_, i) => Math.min(even, x.shape[axis] - i * even));
  let start = 0;
  return sizes.map((length) => {
    const part = sliceAxis(n, x, axis, start, length);
    start += length;
    return part;
  });
};

const identity: NonNullable<ReturnType<typeof defineOp>["simplify"]> = (_, [x], __, shape) =>
  sameShape(x.shape, shape) ? x : null;

export default [
  defineOp({
    type: "Slice",
    kind: "kernel",
    shape: ([x], { shape }) => ({ shape: [...(shape as number[])], dtype: x.dtype }),
    interpret: ([x], attrs, shape) => {
      const out = emptyTensor(shape, x.dtype);
      const { base, strides } = reading(x.shape, ints(attrs, "starts"), ints(attrs, "steps"));
      forEachOffset(shape, [strides], (i, [o]) => {
        out.data[i] = x.data[base + o];
      });
      return out;
    },
    kernel: ({ inputs: [x], shape, attrs, names }) => {
      const { base, strides } = reading(x.shape, ints(attrs, "starts"), ints(attrs, "steps"));
      return stridedCopy(names, shape, strides, base, sizeOf(x.shape));
    },
    toOnnx: ({ e, inputs: [x], shapes: [from], attrs, shape }) => {
      const starts = ints(attrs, "starts");
      const steps = ints(attrs, "steps");
      const cut = shape.flatMap((d, i) => (d === from[i] && starts[i] === 0 && steps[i] === 1 ? [] : [i]));
      // The end lies one beyond the last element. No index stands for "before the first element"
      // except a very negative one.
      const ends = shape.map((d, i) => {
        const end = starts[i] + (d - 1) * steps[i] + Math.sign(steps[i]);
        return end < 0 ? -(2 ** 31) : end;
      });
      const along = (values: readonly number[]) => e.ints(cut.map((i) => values[i]));
      return e.node("Slice", [x, along(starts), along(ends), e.ints(cut), along(steps)]);
    },
    simplify: identity,
    vjp: ({ b, inputs: [x], dy, attrs }) => [
      b.op("Pad", [dy], { starts: attrs.starts, steps: attrs.steps, shape: [...x.shape] }),
    ],
    onnx: { Slice: readSlice, Split: readSplit },
    cases: [
      { shapes: [[4, 6]], attrs: { starts: [1, 0], steps: [1, 1], shape: [2, 6] } },
      { shapes: [[4, 8]], attrs: { starts: [0, 1], steps: [2, 3], shape: [2, 3] } },
    ],
  }),
  defineOp({
    // Zeros of `shape` with the input's element k at start + k·step of each axis.
    type: "Pad",
    kind: "kernel",
    shape: ([x], { shape }) => ({ shape: [...(shape as number[])], dtype: x.dtype }),
    interpret: ([x], attrs, shape) => {
      const out = emptyTensor(shape, x.dtype);
      const { base, strides } = reading(shape, ints(attrs, "starts"), ints(attrs, "steps"));
      forEachOffset(x.shape, [strides], (i, [o]) => {
        out.data[base + o] = x.data[i];
      });
      return out;
    },
    kernel: ({ inputs: [x], shape, attrs, names }) => {
      const starts = ints(attrs, "starts");
      const steps = ints(attrs, "steps");
      const own = stridesOf(x.shape);
      const size = sizeOf(shape);
      const lines = [`var rest = i; var offset = 0u; var inside = true;`];
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        lines.push(
          `{ let at = i32(rest % ${shape[axis]}u) - ${starts[axis]}; rest = rest / ${shape[axis]}u;`,
          `  inside = inside && at >= 0 && at % ${steps[axis]} == 0 && at / ${steps[axis]} < ${x.shape[axis]};`,
          `  offset += u32(max(at / ${steps[axis]}, 0)) * ${own[axis]}u; }`,
        );
      }
      return {
        types: ["f32", "f32"],
        body: `${linearIndex(size, 64)}\n  ${lines.join("\n  ")}\n  var value = 0.0;\n  if (inside) { value = ${names[0]}[offset]; }\n  write(i, value);`,
        workgroup: [64, 1, 1],
        grid: gridOf(size, 64),
      };
    },
    toOnnx: ({ e, inputs: [x], shapes: [from], attrs, shape }) => {
      const starts = ints(attrs, "starts");
      const steps = ints(attrs, "steps");
      const wide = from.map((d, i) => d * steps[i]);
      // Zeros behind each element, on an axis of their own, make the steps.
      const after = steps.flatMap((s) => [0, s - 1]);
      const spread = (v: string) => {
        const alone = e.node("Reshape", [v, e.ints(from.flatMap((d) => [d, 1]))]);
        return e.node("Reshape", [e.node("Pad", [alone, e.ints([...after.map(() => 0), ...after])]), e.ints(wide)]);
      };
      const pads = [...starts, ...shape.map((d, i) => d - starts[i] - wide[i])];
      return e.node("Pad", [steps.some((s) => s > 1) ? spread(x) : x, e.ints(pads)]);
    },
    simplify: identity,
    vjp: ({ b, inputs: [x], dy, attrs }) => [
      b.op("Slice", [dy], { starts: attrs.starts, steps: attrs.steps, shape: [...x.shape] }),
    ],
    onnx: {},
    cases: [
      { shapes: [[2, 3]], attrs: { starts: [1, 0], steps: [1, 1], shape: [4, 5] } },
      { shapes: [[2, 3]], attrs: { starts: [0, 1], steps: [2, 2], shape: [4, 6] } },
    ],
  }),
];
