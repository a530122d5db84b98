/**
 * What a trainer reads for each image: cached features (linear probe), the frozen part's outputs,
 * computed once per image, or the image itself.
 */
import type { OnProgress } from "../base/progress";
import type { Trainer } from "../engine/types";
import type { ImageLoader } from "./images";

export interface TrainerInputs {
  /** Computes what these images need, so that steps only copy. */
  prepare(names: readonly string[], signal?: AbortSignal, onProgress?: OnProgress): Promise<void>;
  /** One array per trainer input, [n, ...shape]. */
  gather(names: readonly string[], signal?: AbortSignal): Promise<Float32Array[]>;
}

const inputSizes = (trainer: Trainer) =>
  trainer.inputs.map(({ shape }) => shape.reduce((product, d) => product * d, 1));

/** @param features image name → feature [D] */
export function featureInputs(features: ReadonlyMap<string, Float32Array>): TrainerInputs {
  return {
    prepare: async () => {},
    gather: async (names) => [concatenated(names.map((name) => features.get(name)!))],
  };
}

export function imageInputs(loader: ImageLoader): TrainerInputs {
  return {
    prepare: async () => {},
    gather: async (names, signal) => [await loader.load(names, signal)],
  };
}

/**
 * @param encoded image name → one array per input. It outlives a run, because the frozen part is
 *   the same for every fold and seed.
 * @param batch the trainer's
 */
export function encodedInputs(
  trainer: Trainer,
  loader: ImageLoader,
  encoded: Map<string, Float32Array[]>,
  batch: number,
): TrainerInputs {
  const size = inputSizes(trainer);
  // Whole batches, because the trainer would pad smaller ones.
  const chunk = batch * Math.ceil(8 / batch);
  const prepare: TrainerInputs["prepare"] = async (names, signal, onProgress) => {
    const missing = names.filter((name) => !encoded.has(name));
    for (let start = 0; start < missing.length; start += chunk) {
      signal?.throwIfAborted();
      onProgress?.({ done: start, total: missing.length, what: "Encoding images" });
      const part = missing.slice(start, start + chunk);
      const outputs = await trainer.encode(await loader.load(part, signal), part.length);
      part.forEach((name, i) => {
        encoded.set(
          name,
          outputs.map((data, k) => data.slice(i * size[k], (i + 1) * size[k])),
        );
      });
    }
  };
  return {
    prepare,
    gather: async (names, signal) => {
      await prepare(names, signal);
      return size.map((_, k) => concatenated(names.map((name) => encoded.get(name)![k])));
    },
  };
}

function concatenated(parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
