/**
 * CumSum: a product with a triangular matrix of ones along the axis.
 * https://onnx.ai/onnx/operators/onnx__CumSum.html
 */
import { emptyTensor } from "../graph/tensor";
import { constantInts, normalizeAxis, num, type OnnxReader, required } from "./define";
import { alongAxis } from "./resize";

const readCumSum: OnnxReader = (n) => {
  const x = required(n, 0);
  const axis = normalizeAxis(constantInts(required(n, 1), "CumSum's axis")![0], x.shape.length);
  const length = x.shape[axis];
  const [exclusive, reverse] = [num(n.attrs, "exclusive", 0), num(n.attrs, "reverse", 0)];
  const matrix = emptyTensor([length, length], x.dtype);
  for (let to = 0; to < length; to++) {
    for (let from = 0; from < length; from++) {
      const ahead = reverse ? from - to : to - from;
      if (ahead >= exclusive) matrix.data[to * length + from] = 1;
    }
  }
  return alongAxis(n.b, x, axis, matrix);
};

export const readers: Readonly<Record<string, OnnxReader>> = { CumSum: readCumSum };
