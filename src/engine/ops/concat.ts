/** Concatenation along one axis. https://onnx.ai/onnx/operators/onnx__Concat.html */

import { emptyTensor, sizeOf } from "../graph/tensor";
import type { Value } from "../graph/value";
import { defineOp, gridOf, linearIndex, normalizeAxis, num, shapeError } from "./define";
import { sliceAxis } from "./slice";

/** Largest number of inputs of one kernel, which may bind few buffers. More inputs form a tree. */
const MAX_INPUTS = 6;

export default defineOp({
  type: "Concat",
  kind: "kernel",
  shape: (inputs, attrs) => {
    const axis = num(attrs, "axis");
    const [first] = inputs;
    const fits = inputs.every(
      (v) => v.shape.length === first.shape.length && v.shape.every((d, i) => i === axis || d === first.shape[i]),
    );
    if (!fits) throw shapeError("Concat", inputs, `equal shapes but for axis ${axis}`);
    const length = inputs.reduce((sum, v) => sum + v.shape[axis], 0);
    return { shape: first.shape.map((d, i) => (i === axis ? length : d)), dtype: first.dtype };
  },
  interpret: (inputs, attrs, shape) => {
    const axis = num(attrs, "axis");
    const out = emptyTensor(shape, inputs[0].dtype);
    const outer = sizeOf(shape.slice(0, axis));
    const row = sizeOf(shape.slice(axis));
    let start = 0;
    for (const x of inputs) {
      const width = sizeOf(x.shape.slice(axis));
      for (let o = 0; o < outer; o++) out.data.set(x.data.subarray(o * width, (o + 1) * width), o * row + start);
      start += width;
    }
    return out;
  },
  kernel: ({ inputs, shape, attrs, names }) => {
    const axis = num(attrs, "axis");
    const widths = inputs.map((x) => sizeOf(x.shape.slice(axis)));
    const row = sizeOf(shape.slice(axis));
    const wide = widths.every((w) => w % 4 === 0);
    const unit = wide ? 4 : 1;
    const count = sizeOf(shape) / unit;
    let start = 0;
    const parts = inputs.map((_, k) => {
      const width = widths[k] / unit;
      const code = `if (column < ${start + width}u) { write(i, ${names[k]}[outer * ${width}u + column - ${start}u]); return; }`;
      start += width;
      return code;
    });
    const type = wide ? "vec4f" : "f32";
    return {
      types: [...inputs.map(() => type), type] as const,
      body: `${linearIndex(count, 64)}\n  let outer = i / ${row / unit}u; let column = i % ${row / unit}u;\n  ${parts.join("\n  ")}`,
      workgroup: [64, 1, 1],
      grid: gridOf(count, 64),
    };
  },
  toOnnx: ({ e, inputs, attrs }) => e.node("Concat", inputs, { axis: num(attrs, "axis") }),
  simplify: (b, inputs, attrs) => {
    const solid = inputs.filter((v) => sizeOf(v.shape) > 0);
    if (solid.length === 1) return solid[0];
    if (solid.length < inputs.length) return b.op("Concat", solid, attrs);
    if (inputs.length <= MAX_INPUTS) return null;
    const parts: Value[] = [];
    for (let i = 0; i < inputs.length; i += MAX_INPUTS)
      parts.push(b.op("Concat", inputs.slice(i, i + MAX_INPUTS), attrs));
    return b.op("Concat", parts, attrs);
  },
  vjp: ({ b, inputs, dy, attrs, needs }) => {
    const axis = num(attrs, "axis");
    let start = 0;
    return inputs.map((x, i) => {
      const at = start;
      start += x.shape[axis];
      return needs[i] ? sliceAxis({ b }, dy, axis, at, x.shape[axis]) : null;
    });
  },
  onnx: {
    Concat: (n) => {
      const inputs = n.inputs.filter((v): v is Value => v !== null);
      return n.b.op("Concat", inputs, { axis: normalizeAxis(num(n.attrs, "axis"), inputs[0].shape.length) });
    },
  },
  cases: [
    {
      shapes: [
        [2, 3],
        [2, 1],
      ],
      attrs: { axis: 1 },
    },
    {
      shapes: [
        [1, 4],
        [3, 4],
      ],
      attrs: { axis: 0 },
    },
  ],
});
