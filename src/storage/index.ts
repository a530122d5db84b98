/**
 * The browser's storage: one database, with a repository for each kind of thing. `node/` holds the
 * command line's storage.
 */
import { createAdapterRepository } from "./adapters";
import { type BackboneRepository, createBackboneRepository } from "./backbones";
import { type Changes, createChanges } from "./changes";
import { createDatasetRepository, type DatasetRepository } from "./datasets";
import { openDatabase } from "./db";
import { createFeatureRepository } from "./features";
import { createIndexedDbFiles, createOpfsFiles, openOpfsFolder } from "./files";
import { createPlanRepository } from "./plans";
import { createRecordRepository, type RecordRepository } from "./records";
import { createSettingsRepository, type SettingsRepository } from "./settings";
import type { AdapterStore, FeatureStore, PlanStore } from "./types";
import { type StorageUsage, storageUsage } from "./usage";

export * from "./backbones";
export * from "./changes";
export * from "./datasets";
export * from "./feature-group";
export * from "./memory";
export { storageEstimate } from "./quota";
export * from "./types";
export type { StorageUsage } from "./usage";

export interface BrowserStorage {
  datasets: DatasetRepository;
  backbones: BackboneRepository;
  features: FeatureStore;
  plans: PlanStore;
  records: RecordRepository;
  settings: SettingsRepository;
  adapters: AdapterStore;
  /** Announces writes, including those of other tabs and workers. */
  changes: Changes;
  usage(): Promise<StorageUsage>;
  close(): void;
}

/**
 * Opens the storage and deletes what interrupted imports and downloads left.
 *
 * @throws RadaptError "storage.unavailable" | "storage.newer" | "storage.blocked"
 */
export async function openStorage(name = "radapt"): Promise<BrowserStorage> {
  const db = await openDatabase(name);
  const changes = createChanges(name);
  const opfs = await openOpfsFolder(name);
  const files = [...(opfs ? [createOpfsFiles(opfs)] : []), createIndexedDbFiles(db)];
  const repositories = {
    datasets: createDatasetRepository(db, changes),
    backbones: createBackboneRepository(db, files, changes),
    features: createFeatureRepository(db, changes),
    records: createRecordRepository(db, changes),
    adapters: createAdapterRepository(db, changes),
  };
  // A failed sweep (e.g. of a file in use) is no error: the next opening sweeps again.
  await Promise.allSettled([repositories.datasets.sweep(), repositories.backbones.sweep()]);
  return {
    ...repositories,
    plans: createPlanRepository(db, changes),
    settings: createSettingsRepository(db, changes),
    changes,
    usage: () => storageUsage(repositories),
    close: () => {
      changes.close();
      db.close();
    },
  };
}
