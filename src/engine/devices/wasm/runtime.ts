/**
 * The interface of a runtime that runs ONNX graphs. `models/ort.ts` implements it, so that the
 * engine depends on no library.
 */
import type { WrittenOnnx } from "../../onnx/writer";

export interface RuntimeTensor {
  shape: readonly number[];
  data: Float32Array;
}

export interface RuntimeSession {
  /**
   * @param feeds every input by name. The session does not change them. The caller may reuse them
   *   once the promise settles.
   * @param fetches names of the wanted outputs. The caller owns the returned arrays.
   */
  run(feeds: Readonly<Record<string, RuntimeTensor>>, fetches: readonly string[]): Promise<Float32Array[]>;
  dispose(): Promise<void>;
}

export interface GraphRuntime {
  /** For people and records, e.g. "onnxruntime-web 1.30.0 (wasm, 4 threads)". */
  readonly label: string;
  /** @throws RadaptError where the runtime has too little memory */
  openGraph(model: WrittenOnnx): Promise<RuntimeSession>;
}
