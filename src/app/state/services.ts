/** What the stores reach outside of themselves: the worker that computes and the storage that keeps. Set once, by main.tsx or a test. */
import type { RunRecord } from "../../bench/record";
import type { DatasetRow } from "../../data/types";
import type { BackboneRow } from "../../models/types";
import type { StorageUsage, StoredAdapter } from "../../storage";
import type { StoredPlan, WorkerApi } from "../../worker/protocol";

export interface AppStorage {
  listDatasets(): Promise<DatasetRow[]>;
  imageBlob(datasetId: string, name: string): Promise<Blob | undefined>;
  deleteDataset(id: string): Promise<void>;
  listBackbones(): Promise<BackboneRow[]>;
  deleteBackbone(id: string): Promise<void>;
  listPlans(): Promise<StoredPlan[]>;
  putPlan(plan: StoredPlan): Promise<void>;
  deletePlan(id: string): Promise<void>;
  listRecords(): Promise<RunRecord[]>;
  getRecord(id: string): Promise<RunRecord | undefined>;
  deleteRecords(): Promise<void>;
  deleteFeatures(): Promise<void>;
  usage(): Promise<StorageUsage>;
  /** A setting of any shape; whoever reads it checks. */
  getSetting(key: string): Promise<unknown>;
  /** Whether what a run learnt is kept, without the files themselves; undefined where nothing is known of it. */
  getAdapter(runId: string): Promise<Omit<StoredAdapter, "files"> | undefined>;
  deleteAdapters(): Promise<void>;
}

export interface Services {
  worker: WorkerApi;
  storage: AppStorage;
  /** Wall clock, ISO 8601. */
  now(): string;
}

let current: Services | null = null;

export function provideServices(services: Services): void {
  current = services;
}

export function services(): Services {
  if (!current) throw new Error("Radapt defect: services used before they were provided");
  return current;
}
