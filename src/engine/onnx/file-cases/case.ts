/**
 * A small ONNX file of several nodes. Tests compare what the engine computes from it with
 * onnxruntime, where a single node (`node-cases`) cannot tell right from wrong.
 */
import { i64, modelBytes, op, type TestModel } from "../test-files";

export interface FileCase extends Pick<TestModel, "nodes" | "weights" | "outputs" | "opset"> {
  /** Whether onnxruntime rounds activations to 8-bit integers, which the engine does not. */
  rounds?: boolean;
}

/** The image [1, 3, 8, 8] that every case takes. */
export const image = { x: [1, 3, 8, 8] };
/** The image's numbers as 12 tokens of 16 numbers, `t`. Its shape is the weight `tokensShape`. */
export const tokens = op("Reshape", ["x", "tokens"], ["t"]);
export const tokensShape = i64("tokens", [1, 12, 16]);

/** The case as a file. */
export const fileOf = ({ nodes, weights = [], outputs, opset }: FileCase): Uint8Array =>
  modelBytes({ nodes, weights: [tokensShape, ...weights], inputs: image, outputs, opset });
