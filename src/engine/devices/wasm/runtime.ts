/** What the WASM device asks of a runtime of ONNX graphs; `models/ort.ts` has one, so that the engine knows no library. */
import type { WrittenOnnx } from "../../onnx/writer";

export interface RuntimeTensor {
  shape: readonly number[];
  data: Float32Array;
}

export interface RuntimeSession {
  /**
   * @param feeds every input by name; not changed, and free to be changed once the promise is settled
   * @param fetches names of the outputs wanted; each array is the caller's own
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
