/** Computes the figures of the storage page. */
import type { BackboneRepository } from "./backbones";
import type { DatasetRepository } from "./datasets";
import { storageEstimate } from "./quota";
import type { RecordRepository } from "./records";
import type { AdapterStore, FeatureStore } from "./types";

/** Bytes per store and per item, and the total that the browser allows. */
export interface StorageUsage {
  usage: number | null;
  quota: number | null;
  datasets: { id: string; name: string; items: number; bytes: number }[];
  backbones: { id: string; name: string; bytes: number }[];
  features: { items: number; bytes: number };
  records: { items: number; bytes: number };
  adapters: { items: number; bytes: number };
}

export async function storageUsage(of: {
  datasets: DatasetRepository;
  backbones: BackboneRepository;
  features: FeatureStore;
  records: RecordRepository;
  adapters: AdapterStore;
}): Promise<StorageUsage> {
  const [estimate, datasets, backbones, features, records, adapters] = await Promise.all([
    storageEstimate(),
    of.datasets.list(),
    of.backbones.list(),
    of.features.usage(),
    of.records.usage(),
    of.adapters.usage(),
  ]);
  return {
    ...estimate,
    datasets: datasets.map(({ id, name, images }) => ({
      id,
      name,
      items: images.length,
      bytes: images.reduce((sum, image) => sum + image.bytes, 0),
    })),
    backbones: backbones.map(({ id, name, bytes }) => ({ id, name, bytes })),
    features,
    records,
    adapters,
  };
}
