/**
 * Loads a dataset's images for a backbone: reads, decodes and preprocesses a few at a time, and
 * keeps some in memory.
 */
import type { Pixels } from "../base/pixels";
import { preprocess } from "../models/preprocess";
import { inputShape, type Preprocessing } from "../models/types";
import type { DatasetSource } from "../storage/types";

export type Decode = (bytes: Uint8Array, name: string) => Promise<Pixels>;

export interface ImageLoader {
  readonly size: number;
  /** [n, channels, size, size] in the order of the names. */
  load(names: readonly string[], signal?: AbortSignal): Promise<Float32Array>;
}

export interface ImageLoaderOptions {
  dataset: DatasetSource;
  preprocessing: Preprocessing;
  decode: Decode;
  /** Bytes of preprocessed images to keep in memory; others are decoded again each time. */
  keepBytes: number;
}

const atOnce = 4;

export function createImageLoader({ dataset, preprocessing, decode, keepBytes }: ImageLoaderOptions): ImageLoader {
  const { size } = preprocessing;
  const [channels] = inputShape(preprocessing);
  const perImage = channels * size * size;
  const room = Math.floor(keepBytes / (4 * perImage));
  const kept = new Map<string, Float32Array>();

  const one = async (name: string) => {
    const known = kept.get(name);
    if (known) return known;
    const blob = await dataset.image(name);
    const image = preprocess(await decode(new Uint8Array(await blob.arrayBuffer()), name), preprocessing);
    if (kept.size < room) kept.set(name, image);
    return image;
  };

  return {
    size,
    load: async (names, signal) => {
      const out = new Float32Array(names.length * perImage);
      for (let start = 0; start < names.length; start += atOnce) {
        signal?.throwIfAborted();
        const images = await Promise.all(names.slice(start, start + atOnce).map(one));
        images.forEach((image, i) => void out.set(image, (start + i) * perImage));
      }
      return out;
    },
  };
}
