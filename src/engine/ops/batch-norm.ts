/**
 * BatchNormalization with frozen statistics: a scale and a shift per channel.
 * https://onnx.ai/onnx/operators/onnx__BatchNormalization.html
 */
import { num, type OnnxReader, required } from "./define";

const readBatchNorm: OnnxReader = (n) => {
  const { b } = n;
  const [x, gamma, beta, mean, variance] = [0, 1, 2, 3, 4].map((i) => required(n, i));
  const perChannel = [x.shape[1], ...x.shape.slice(2).map(() => 1)];
  const rstd = b.op("Reciprocal", [b.op("Sqrt", [b.add(variance, b.scalar(num(n.attrs, "epsilon", 1e-5)))])]);
  const scale = b.mul(gamma, rstd);
  const shift = b.sub(beta, b.mul(mean, scale));
  return b.add(b.mul(x, b.reshape(scale, perChannel)), b.reshape(shift, perChannel));
};

export const readers: Readonly<Record<string, OnnxReader>> = { BatchNormalization: readBatchNorm };
