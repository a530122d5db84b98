/**
 * Position of the greatest element along one axis, which keeps length 1. It has no gradient.
 * https://onnx.ai/onnx/operators/onnx__ArgMax.html
 */

import { emptyTensor, sizeOf } from "../graph/tensor";
import type { Value } from "../graph/value";
import {
  asFloat,
  defineOp,
  gridOf,
  linearIndex,
  noGradient,
  normalizeAxis,
  num,
  type OnnxReader,
  required,
} from "./define";

const readArg =
  (map: (n: Parameters<OnnxReader>[0], x: Value) => Value): OnnxReader =>
  (n) => {
    const x = required(n, 0);
    const axis = normalizeAxis(num(n.attrs, "axis", 0), x.shape.length);
    const y = n.b.op("ArgMax", [map(n, x)], { axis, last: num(n.attrs, "select_last_index", 0) });
    if (num(n.attrs, "keepdims", 1) === 1) return y;
    return n.b.reshape(
      y,
      x.shape.filter((_, i) => i !== axis),
    );
  };

export default defineOp({
  type: "ArgMax",
  kind: "reduce",
  shape: ([x], attrs) => ({ shape: x.shape.map((d, i) => (i === num(attrs, "axis") ? 1 : d)), dtype: "i64" }),
  interpret: ([x], attrs, shape) => {
    const axis = num(attrs, "axis");
    const [length, inner] = [x.shape[axis], sizeOf(x.shape.slice(axis + 1))];
    const out = emptyTensor(shape, "i64");
    for (let i = 0; i < out.data.length; i++) {
      const base = Math.floor(i / inner) * length * inner + (i % inner);
      let best = 0;
      for (let k = 1; k < length; k++) {
        const [value, most] = [x.data[base + k * inner], x.data[base + best * inner]];
        if (value > most || (attrs.last === 1 && value === most)) best = k;
      }
      out.data[i] = best;
    }
    return out;
  },
  kernel: ({ inputs: [x], shape, attrs, names: [input] }) => {
    const axis = num(attrs, "axis");
    const [length, inner] = [x.shape[axis], sizeOf(x.shape.slice(axis + 1))];
    const size = sizeOf(shape);
    return {
      types: ["f32", "f32"],
      body: `${linearIndex(size, 64)}
  let base = (i / ${inner}u) * ${length * inner}u + i % ${inner}u;
  var best = 0u; var most = ${input}[base];
  for (var k = 1u; k < ${length}u; k++) {
    let value = ${input}[base + k * ${inner}u];
    if (value ${attrs.last === 1 ? ">=" : ">"} most) { best = k; most = value; }
  }
  write(i, f32(best));`,
      workgroup: [64, 1, 1],
      grid: gridOf(size, 64),
    };
  },
  toOnnx: ({ e, inputs: [x], attrs }) =>
    asFloat(e, e.node("ArgMax", [x], { axis: num(attrs, "axis"), keepdims: 1, select_last_index: num(attrs, "last") })),
  ...noGradient,
  onnx: { ArgMax: readArg((_, x) => x), ArgMin: readArg((n, x) => n.b.neg(x)) },
  cases: [
    { shapes: [[3, 5]], attrs: { axis: 1, last: 0 } },
    { shapes: [[2, 4, 3]], attrs: { axis: 1, last: 1 } },
  ],
});
