/**
 * Quantised activations, once the file's integer products are float products (`onnx/quantized.ts`).
 * Quantisers clip to the range of their integers and do not round. Between quantiser and
 * dequantiser stand the float numbers. https://onnx.ai/onnx/operators/onnx__QuantizeLinear.html
 */
import type { Value } from "../graph/value";
import { type OnnxReader, required } from "./define";

/** Smallest and largest integer by ONNX type. Without a zero point the type is uint8. */
const ranges: Readonly<Record<number, readonly [number, number]>> = {
  2: [0, 255],
  3: [-128, 127],
  4: [0, 65_535],
  5: [-32_768, 32_767],
};
const UINT8 = 2;

const readQuantize: OnnxReader = (n) => {
  const x = required(n, 0);
  const [scale, zero] = [n.inputs[1]?.data, n.inputs[2]?.data];
  const range = ranges[zero?.onnxType ?? Number(n.attrs.output_dtype ?? UINT8)];
  // With scales per channel, or computed from the image, no value is expected beyond the range.
  if (scale?.data.length !== 1 || !range) return x;
  const [min, max] = range.map((q) => (q - (zero?.data[0] ?? 0)) * scale.data[0]);
  return n.b.op("Clip", [x], { min, max });
};

const readDequantize: OnnxReader = (n) => {
  const x = required(n, 0);
  if (x.dtype === "f32") return x;
  const { b } = n;
  const float = (v: Value) => b.op("ToFloat", [v]);
  const shifted = n.inputs[2] ? b.sub(float(x), float(n.inputs[2])) : float(x);
  return b.mul(shifted, required(n, 1));
};

export const readers: Readonly<Record<string, OnnxReader>> = {
  QuantizeLinear: readQuantize,
  DequantizeLinear: readDequantize,
  DynamicQuantizeLinear: (n) => [required(n, 0), n.b.scalar(1), n.b.scalar(0)],
};
