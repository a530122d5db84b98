/**
 * Implements the stores of `types.ts` in memory: for tests, and for runs that must leave nothing
 * behind.
 */
import { RadaptError } from "../base/error";
import type { RunRecord } from "../bench/record";
import type { DatasetRow, DatasetSink } from "../data/types";
import type { DatasetSource, FeatureStore, PlanStore, RecordStore, StoredPlan } from "./types";

export function createMemoryFeatureStore(): FeatureStore {
  const kept = new Map<string, Float32Array>();
  const key = (group: string, image: string) => `${group}\n${image}`;
  return {
    get: async (group, images) => images.map((image) => kept.get(key(group, image))?.slice()),
    put: async (group, entries) => {
      for (const { image, feature } of entries) kept.set(key(group, image), feature.slice());
    },
    deletePrefix: async (prefix) => {
      for (const name of [...kept.keys()]) if (name.startsWith(prefix)) kept.delete(name);
    },
    usage: async () => ({
      items: kept.size,
      bytes: [...kept.values()].reduce((sum, feature) => sum + feature.byteLength, 0),
    }),
  };
}

export function createMemoryRecordStore(): RecordStore {
  const kept = new Map<string, RunRecord>();
  return {
    get: async (id) => structuredClone(kept.get(id)),
    has: async (ids) => new Set(ids.filter((id) => kept.has(id))),
    list: async (ids) => structuredClone((ids ?? [...kept.keys()]).flatMap((id) => kept.get(id) ?? [])),
    putIfAbsent: async (record) => {
      if (kept.has(record.id)) return false;
      kept.set(record.id, structuredClone(record));
      return true;
    },
    delete: async (ids) => ids.forEach((id) => void kept.delete(id)),
    clear: async () => kept.clear(),
  };
}

export function createMemoryPlanStore(): PlanStore {
  const kept = new Map<string, StoredPlan>();
  return {
    get: async (id) => structuredClone(kept.get(id)),
    list: async () => structuredClone([...kept.values()]),
    put: async (plan) => void kept.set(plan.id, structuredClone(plan)),
    delete: async (id) => void kept.delete(id),
  };
}

/** The images of a dataset by name. A `Blob` may be backed by a file. */
function createMemoryDatasetSource(row: DatasetRow, images: ReadonlyMap<string, Blob>): DatasetSource {
  return {
    row,
    image: async (name) => {
      const blob = images.get(name);
      if (blob) return blob;
      throw missingImage(row, name);
    },
  };
}

export function missingImage(row: DatasetRow, name: string): RadaptError {
  return new RadaptError(`The image ${name} is not in the dataset "${row.name}".`, {
    code: "dataset.image-missing",
    where: `dataset "${row.name}", image ${name}`,
    remedy: "Open the folder again to import the dataset anew.",
  });
}

/**
 * A sink that only keeps references to the given files. It copies nothing, so that the command
 * line's files stay on disk. `source` is null until the import has finished.
 */
export function createMemorySink(): DatasetSink & { readonly source: DatasetSource | null } {
  const images = new Map<string, Blob>();
  let source: DatasetSource | null = null;
  return {
    addImage: async ({ name, file }) => void images.set(name, file),
    finish: async (row) => void (source = createMemoryDatasetSource(row, images)),
    abort: async () => images.clear(),
    get source() {
      return source;
    },
  };
}
