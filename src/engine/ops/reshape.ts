/**
 * Views show the same numbers in the same order under another shape. This file also reads the ONNX
 * nodes that compute shapes. With a fixed batch and image size all of these fold away.
 * https://onnx.ai/onnx/operators/onnx__Reshape.html
 */
import { RadaptError } from "../../base/error";
import { withShape } from "../graph/lazy-tensor";
import {
  assertShape,
  type DType,
  emptyTensor,
  MAX_FOLDED,
  sameShape,
  sizeOf,
  type Tensor,
  tensor,
} from "../graph/tensor";
import type { Value } from "../graph/value";
import type { GraphWriter } from "../graph/writer";
import { constantInts, defineOp, ints, normalizeAxis, num, type OnnxReader, required, shapeError } from "./define";

/** Axes from the attribute (before opset 13) or the input (since). */
export function readAxes(n: Parameters<OnnxReader>[0], index: number): readonly number[] | null {
  return constantInts(n.inputs[index], `${n.opType}'s axes`) ?? (n.attrs.axes ? ints(n.attrs, "axes") : null);
}

const readReshape: OnnxReader = (n) => {
  const x = required(n, 0);
  const wanted = constantInts(n.inputs[1], "Reshape's shape") ?? ints(n.attrs, "shape");
  const allowZero = num(n.attrs, "allowzero", 0) === 1;
  const shape = wanted.map((d, i) => (d === 0 && !allowZero ? x.shape[i] : d));
  const hole = shape.indexOf(-1);
  if (hole >= 0) shape[hole] = sizeOf(x.shape) / sizeOf(shape.filter((_, i) => i !== hole));
  return n.b.reshape(x, shape);
};

const readFlatten: OnnxReader = (n) => {
  const x = required(n, 0);
  const axis = num(n.attrs, "axis", 1);
  const at = axis < 0 ? axis + x.shape.length : axis;
  return n.b.reshape(x, [sizeOf(x.shape.slice(0, at)), sizeOf(x.shape.slice(at))]);
};

const readSqueeze: OnnxReader = (n) => {
  const x = required(n, 0);
  const axes = readAxes(n, 1)?.map((a) => normalizeAxis(a, x.shape.length));
  return n.b.reshape(
    x,
    x.shape.filter((d, i) => (axes ? !axes.includes(i) : d !== 1)),
  );
};

const readUnsqueeze: OnnxReader = (n) => {
  const x = required(n, 0);
  const given = readAxes(n, 1) ?? [];
  const rank = x.shape.length + given.length;
  const axes = given.map((a) => normalizeAxis(a, rank));
  const rest = [...x.shape];
  return n.b.reshape(
    x,
    Array.from({ length: rank }, (_, i) => (axes.includes(i) ? 1 : rest.shift()!)),
  );
};

const readShape: OnnxReader = (n) => {
  const { shape } = required(n, 0);
  const start = num(n.attrs, "start", 0);
  return n.b.ints(shape.slice(start, n.attrs.end === undefined ? undefined : num(n.attrs, "end")));
};

/** Cast changes the type only: floats stay float32, and integer types truncate. */
function cast(b: GraphWriter, x: Value, dtype: DType): Value {
  if (dtype === x.dtype) return x;
  if (x.data) {
    const convert = dtype === "i64" ? Math.trunc : dtype === "bool" ? (v: number) => (v ? 1 : 0) : (v: number) => v;
    return b.constant(tensor(x.shape, Array.from(x.data.data, convert), dtype));
  }
  if (dtype === "f32") return b.op("ToFloat", [x]);
  return dtype === "bool" ? b.op("Not", [b.op("Equal", [x, b.scalar(0)])]) : b.op("Trunc", [x]);
}

const readCast: OnnxReader = (n) => {
  const to = num(n.attrs, "to");
  return cast(n.b, required(n, 0), to === 9 ? "bool" : [2, 3, 4, 5, 6, 7, 12, 13].includes(to) ? "i64" : "f32");
};

const readConstantOfShape: OnnxReader = (n) => {
  const shape = constantInts(required(n, 0), "ConstantOfShape's shape")!;
  assertShape("ConstantOfShape", shape, MAX_FOLDED);
  const value = n.attrs.value as Partial<Tensor> | undefined;
  const filled = emptyTensor(shape, value?.dtype ?? "f32");
  filled.data.fill(value?.data?.[0] ?? 0);
  return n.b.constant(filled);
};

const readRange: OnnxReader = (n) => {
  const [start, limit, delta] = [0, 1, 2].map((i) => constantInts(required(n, i), "Range's bounds")![0]);
  const count = Math.max(0, Math.ceil((limit - start) / delta));
  assertShape("Range", [count], MAX_FOLDED);
  return n.b.constant(
    tensor(
      [count],
      Array.from({ length: count }, (_, i) => start + i * delta),
      required(n, 0).dtype,
    ),
  );
};

export const readers: Readonly<Record<string, OnnxReader>> = {
  Identity: (n) => required(n, 0),
  Dropout: (n) => required(n, 0),
  Flatten: readFlatten,
  Squeeze: readSqueeze,
  Unsqueeze: readUnsqueeze,
  Shape: readShape,
  Size: (n) => n.b.constant(tensor([], [sizeOf(required(n, 0).shape)], "i64")),
  Cast: readCast,
  CastLike: (n) => cast(n.b, required(n, 0), required(n, 1).dtype),
  ConstantOfShape: readConstantOfShape,
  Range: readRange,
};

function viewShape(type: string, inputs: readonly Value[], shape: readonly number[]): number[] {
  if (shape.some((d) => !Number.isInteger(d) || d < 0) || sizeOf(shape) !== sizeOf(inputs[0].shape)) {
    throw shapeError(type, inputs, `a tensor with the element count of [${shape.join(", ")}]`);
  }
  return [...shape];
}

export default [
  defineOp({
    type: "Reshape",
    kind: "view",
    shape: (inputs, { shape }) => ({
      shape: viewShape("Reshape", inputs, shape as number[]),
      dtype: inputs[0].dtype,
    }),
    interpret: ([x], _, shape) => withShape(x, [...shape]),
    toOnnx: ({ e, inputs: [x], shape }) => e.node("Reshape", [x, e.ints(shape)]),
    simplify: (b, [x], _, shape) => {
      if (sameShape(x.shape, shape)) return x;
      return x.op === "Reshape" ? b.reshape(x.inputs[0], shape) : null;
    },
    vjp: ({ b, inputs: [x], dy }) => [b.reshape(dy, x.shape)],
    onnx: { Reshape: readReshape },
    cases: [{ shapes: [[3, 4]], attrs: { shape: [2, 6] } }],
  }),
  defineOp({
    // An integer or boolean tensor as float32: run-time tensors are float already.
    type: "ToFloat",
    kind: "view",
    shape: (inputs) => ({ shape: [...inputs[0].shape], dtype: "f32" }),
    interpret: ([x], _, shape) => tensor(shape, x.data, "f32"),
    toOnnx: ({ inputs: [x] }) => x,
    vjp: ({ dy }) => [dy],
    onnx: {},
    cases: [{ shapes: [[3, 4]] }],
  }),
];

/** The error of a reader that meets a form that it does not know. */
export function unsupportedForm(n: Parameters<OnnxReader>[0], what: string): RadaptError {
  return new RadaptError(`${n.opType} with ${what} is not supported`, {
    code: "onnx.unsupported-form",
    remedy: "Export the model without it, or report the file's architecture so that it can be added.",
  });
}
