/** A graph opened by the runtime, fed and fetched by its values. */
import { topological, type Value } from "../ir/value";
import { type OnnxOutput, writeOnnx } from "../onnx/writer";
import { sizeOf } from "../tensor";
import type { GraphRuntime } from "./runtime";

/** Bytes from which on a weight is handed to the runtime as it is, not copied into the file. */
const EXTERNAL_FROM = 1024;

export interface OpenGraph {
  /** Bytes of its weights, and at most of its other values at any one time. */
  readonly bytes: { weights: number; activations: number };
  /** @param given numbers of every input; others may be there */
  run(given: ReadonlyMap<Value, Float32Array>, fetches: readonly OnnxOutput[]): Promise<Float32Array[]>;
  dispose(): void;
}

const bytesOf = (v: Value) => 4 * sizeOf(v.shape);

/** Bytes of computed values when each is made in turn and freed after its last use. */
export function peakBytes(outputs: readonly Value[]): number {
  const order = topological(outputs);
  const lastUse = new Map<Value, number>();
  for (const [i, v] of order.entries()) for (const input of v.inputs) lastUse.set(input, i);
  for (const v of outputs) lastUse.set(v, order.length);
  let now = 0;
  let most = 0;
  for (const [i, v] of order.entries()) {
    if (v.inputs.length === 0) continue;
    now += bytesOf(v);
    most = Math.max(most, now);
    for (const input of new Set(v.inputs))
      if (input.inputs.length > 0 && lastUse.get(input) === i) now -= bytesOf(input);
  }
  return most;
}

/** @throws RadaptError where the runtime has no memory for it */
export async function openGraph(runtime: GraphRuntime, outputs: readonly OnnxOutput[]): Promise<OpenGraph> {
  const written = writeOnnx(outputs, { externalFrom: EXTERNAL_FROM });
  const { inputs } = written;
  const weights = [...written.external.values()].reduce((sum, data) => sum + data.byteLength, 0);
  const session = await runtime.openGraph(written);
  return {
    bytes: { weights, activations: peakBytes(outputs.map((o) => o.value)) },
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
