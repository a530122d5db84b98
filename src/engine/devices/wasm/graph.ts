/** A graph opened by the runtime, fed and fetched by its values. */
import { topological, type Value } from "../../graph/value";
import { type OnnxOutput, writeOnnx } from "../../onnx/writer";
import { peakBytes, weightBytes } from "../../plan/memory";
import type { GraphRuntime } from "./runtime";

/** Bytes from which on a weight is handed to the runtime as it is, not copied into the file. */
const EXTERNAL_FROM = 1024;

export interface OpenGraph {
  /** @param given numbers of every input; others may be there */
  run(given: ReadonlyMap<Value, Float32Array>, fetches: readonly OnnxOutput[]): Promise<Float32Array[]>;
  dispose(): void;
}

/** Bytes of the weights, and at most of the other values at any one time. */
export const graphBytes = (outputs: readonly Value[]) => ({
  weights: weightBytes(topological(outputs)),
  activations: peakBytes(outputs),
});

/** @throws RadaptError where the runtime has no memory for it */
export async function openGraph(runtime: GraphRuntime, outputs: readonly OnnxOutput[]): Promise<OpenGraph> {
  const written = writeOnnx(outputs, { externalFrom: EXTERNAL_FROM });
  const { inputs } = written;
  const session = await runtime.openGraph(written);
  return {
    run: (given, fetches) => {
      const feeds = [...inputs].map(([leaf, name]) => [name, { shape: leaf.shape, data: given.get(leaf)! }]);
      return session.run(
        Object.fromEntries(feeds),
        fetches.map((o) => o.name),
      );
    },
    dispose: () => void session.dispose(),
  };
}
