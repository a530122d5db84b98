/**
 * Trilu keeps the upper or lower triangle of the last two axes and sets the rest to zero.
 * https://onnx.ai/onnx/operators/onnx__Trilu.html
 */
import { emptyTensor } from "../graph/tensor";
import { constantInts, num, type OnnxReader, required } from "./define";

const readTrilu: OnnxReader = (n) => {
  const x = required(n, 0);
  const [rows, columns] = x.shape.slice(-2);
  const shift = constantInts(n.inputs[1], "Trilu's diagonal")?.[0] ?? 0;
  const isUpper = num(n.attrs, "upper", 1) === 1;
  const kept = emptyTensor([rows, columns], "bool");
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) kept.data[i * columns + j] = (isUpper ? j >= i + shift : j <= i + shift) ? 1 : 0;
  }
  // A product with the mask would be wrong, because attention masks hold infinities.
  return n.b.op("Where", [n.b.constant(kept), x, n.b.constant(emptyTensor([], x.dtype))]);
};

export const readers: Readonly<Record<string, OnnxReader>> = { Trilu: readTrilu };
