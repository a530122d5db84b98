/**
 * The services outside the stores: the worker that computes and the storage. main.tsx or a test
 * provides them once.
 */
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
  /** A setting of any shape. Its reader validates it. */
  getSetting(key: string): Promise<unknown>;
  /**
   * What is known about the stored adapter of a run, without its files; undefined if there is none.
   */
  getAdapter(runId: string): Promise<Omit<StoredAdapter, "files"> | undefined>;
  deleteAdapters(): Promise<void>;
}

export interface Services {
  worker: WorkerApi;
  storage: AppStorage;
  /** The current time, ISO 8601. */
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
