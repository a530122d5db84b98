/**
 * OneHot compares indices with the positions along the new axis. The indices have no gradient.
 * https://onnx.ai/onnx/operators/onnx__OneHot.html
 */
import { tensor } from "../graph/tensor";
import { constantInts, normalizeAxis, num, type OnnxReader, required } from "./define";

const readOneHot: OnnxReader = (n) => {
  const { b } = n;
  const indices = required(n, 0);
  const depth = constantInts(required(n, 1), "OneHot's depth")![0];
  const [off, on] = constantInts(required(n, 2), "OneHot's values")!;
  const { dtype } = required(n, 2);
  const rank = indices.shape.length + 1;
  const axis = normalizeAxis(num(n.attrs, "axis", -1), rank);
  const places = tensor(
    Array.from({ length: rank - axis }, (_, i) => (i === 0 ? depth : 1)),
    Array.from({ length: depth }, (_, i) => i),
    indices.dtype,
  );
  const spread = b.reshape(indices, [...indices.shape.slice(0, axis), 1, ...indices.shape.slice(axis)]);
  // Negative indices count from the end.
  const wrapped = b.op("Where", [
    b.op("Less", [spread, b.constant(tensor([], [0], indices.dtype))]),
    b.add(spread, b.constant(tensor([], [depth], indices.dtype))),
    spread,
  ]);
  const [low, high] = [off, on].map((v) => b.constant(tensor([], [v], dtype)));
  return b.op("Where", [b.op("Equal", [wrapped, b.constant(places)]), high, low]);
};

export const readers: Readonly<Record<string, OnnxReader>> = { OneHot: readOneHot };
