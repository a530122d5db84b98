/**
 * Loads the features of a dataset's images from the store; computes and stores the missing ones.
 */
import type { OnProgress } from "../base/progress";
import type { ImageRow } from "../data/types";
import type { Features } from "../models/features";
import type { FeatureStore } from "../storage/types";
import type { ImageLoader } from "./images";

/** Features of preprocessed images [count, 3, size, size]. */
export type ComputeFeatures = (images: Float32Array, count: number) => Promise<Features>;

export interface FeatureRequest {
  images: readonly ImageRow[];
  /** Names what computes them; see `featureGroup`. */
  group: string;
  store: FeatureStore;
  loader: ImageLoader;
  /** Opened only when something is missing from the store. */
  open(): Promise<ComputeFeatures>;
  signal?: AbortSignal;
  onProgress?: OnProgress;
}

/** Images per call. Small, so that a cancel is quick and loses little. */
const chunk = 8;

/** Image name → its feature [D]. */
export async function loadFeatures(request: FeatureRequest): Promise<Map<string, Float32Array>> {
  const { images, group, store, loader, open, signal, onProgress } = request;
  const hashes = images.map(({ sha256 }) => sha256);
  const stored = await store.get(group, hashes);
  const byHash = new Map(hashes.flatMap((hash, i) => (stored[i] ? [[hash, stored[i]] as const] : [])));
  const missing = images.filter(({ sha256 }, i) => !byHash.has(sha256) && hashes.indexOf(sha256) === i);
  if (missing.length > 0) {
    const compute = await open();
    for (let start = 0; start < missing.length; start += chunk) {
      signal?.throwIfAborted();
      onProgress?.({ done: start, total: missing.length, what: "Computing features" });
      const part = missing.slice(start, start + chunk);
      const pixels = await loader.load(
        part.map(({ name }) => name),
        signal,
      );
      const { width, data } = await compute(pixels, part.length);
      const entries = part.map(({ sha256 }, i) => ({
        image: sha256,
        feature: data.slice(i * width, (i + 1) * width),
      }));
      for (const { image, feature } of entries) byHash.set(image, feature);
      await store.put(group, entries);
    }
    onProgress?.({ done: missing.length, total: missing.length, what: "Computing features" });
  }
  return new Map(images.map(({ name, sha256 }) => [name, byHash.get(sha256)!]));
}

/**
 * Mean and standard deviation [D] over images. The standard deviation of a constant feature is set
 * to 1, so that it becomes 0 once centred.
 */
export function standardization(features: readonly Float32Array[]): { mean: Float32Array; std: Float32Array } {
  const width = features[0]?.length ?? 0;
  const mean = new Float64Array(width);
  const square = new Float64Array(width);
  for (const feature of features) for (let d = 0; d < width; d++) mean[d] += feature[d] / features.length;
  for (const feature of features)
    for (let d = 0; d < width; d++) square[d] += (feature[d] - mean[d]) ** 2 / features.length;
  return {
    mean: Float32Array.from(mean),
    std: Float32Array.from(square, (variance, d) => {
      const std = Math.sqrt(variance);
      return std > 1e-6 * Math.max(1, Math.abs(mean[d])) ? std : 1;
    }),
  };
}
