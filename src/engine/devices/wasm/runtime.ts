/**
 * What the WASM device needs of a runtime of ONNX graphs. `models/ort.ts` implements it, so that
 * the engine depends on no library.
 */
import type { WrittenOnnx } from "../../onnx/writer";

export interface RuntimeTensor {
  shape: readonly number[];
  data: Float32Array;
}

export interface RuntimeSession {
  /**
   * @param feeds every input by name; the session does not change them, and the caller may once the
   *   promise settles
   * @param fetches names of the wanted outputs; the caller owns the arrays that come back
   */
  run(feeds: Readonly<Record<string, RuntimeTensor>>, fetches: readonly string[]): Promise<Float32Array[]>;
  dispose(): Promise<void>;
}

export interface GraphRuntime {
  /** For people and records, e.g. "onnxruntime-web 1.30.0 (wasm, 4 threads)". */
  readonly label: string;
  /** @throws RadaptError where the runtime has no memory for the graph */
  openGraph(model: WrittenOnnx): Promise<RuntimeSession>;
}
