/** Opens a graph in the runtime, so that values are its inputs and arrays its outputs. */
import type { Value } from "../../graph/value";
import { type OnnxOutput, writeOnnx } from "../../onnx/writer";
import type { GraphRuntime } from "./runtime";

/**
 * Weights of this many bytes or more go to the runtime beside the file. Smaller ones stand in the
 * file.
 */
const EXTERNAL_FROM = 1024;

export interface OpenGraph {
  /** @param given arrays of every input. Further entries are ignored. */
  run(given: ReadonlyMap<Value, Float32Array>, fetches: readonly OnnxOutput[]): Promise<Float32Array[]>;
  dispose(): void;
}

/** @throws RadaptError where the runtime has too little memory */
export async function openGraphSession(runtime: GraphRuntime, outputs: readonly OnnxOutput[]): Promise<OpenGraph> {
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
