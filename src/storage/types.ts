/**
 * What the runner asks of storage, so that it runs alike on IndexedDB (browser), on files (command
 * line) and in memory (tests). Implementations: browser in this folder's repositories, `node/` for
 * files, `memory.ts`.
 */
import type { Plan } from "../bench/plan";
import type { RunRecord } from "../bench/record";
import type { DatasetRow } from "../data/types";

/** Where the browser keeps large files: the origin's private file system, or Blobs in IndexedDB. */
export type FilePlace = "opfs" | "indexeddb";

/** A plan as stored. */
export interface StoredPlan {
  id: string;
  createdAt: string;
  plan: Plan;
  status: "ready" | "running" | "paused" | "done" | "cancelled";
}

/** The images of one dataset, read one at a time. */
export interface DatasetSource {
  readonly row: DatasetRow;
  /**
   * The encoded file of one image of `row.images`.
   * @throws RadaptError "dataset.image-missing" when the image is not there (any more)
   */
  image(name: string): Promise<Blob>;
}

/**
 * Cached features of frozen backbones. `group` says what computed them (see `featureGroup`),
 * `image` is the SHA-256 of the image file. Loss of an entry costs time only.
 */
export interface FeatureStore {
  /** One entry per image, in order; `undefined` where nothing is cached. */
  get(group: string, images: readonly string[]): Promise<(Float32Array | undefined)[]>;
  put(group: string, entries: readonly { image: string; feature: Float32Array }[]): Promise<void>;
  /**
   * Deletes every group that starts with the prefix ("" = all): a backbone's SHA-256 deletes all of
   * its features.
   */
  deletePrefix(prefix: string): Promise<void>;
  usage(): Promise<{ items: number; bytes: number }>;
}

/** Finished runs, known by the hash of their configuration (`RunRecord.id`). */
export interface RecordStore {
  get(id: string): Promise<RunRecord | undefined>;
  /** Those of the given ids that have a record. */
  has(ids: readonly string[]): Promise<Set<string>>;
  /** All records, or those of the given ids that exist, in order of the ids. */
  list(ids?: readonly string[]): Promise<RunRecord[]>;
  /** Stores the record unless one with its id exists. Gives whether it was stored. */
  putIfAbsent(record: RunRecord): Promise<boolean>;
  delete(ids: readonly string[]): Promise<void>;
  clear(): Promise<void>;
}

/**
 * Why what a run learnt was not kept: it is too large, all that is kept is, or the disk is full.
 */
export type AdapterRefusal = "run-limit" | "total-limit" | "quota";

/** What a run learnt, as files by name; or the size of what was not kept, and why. */
export interface StoredAdapter {
  /** Of the run. */
  id: string;
  /** Size of the files, kept or not. */
  bytes: number;
  files: Readonly<Record<string, Uint8Array>> | null;
  refusal?: AdapterRefusal;
}

/** Bytes that the adapter of one run may take, and those of all runs together. */
export const adapterLimits = { run: 16_000_000, total: 500_000_000 };

/** What runs learnt, by the run's id. Goes with the run's record. */
export interface AdapterStore {
  get(id: string): Promise<StoredAdapter | undefined>;
  /**
   * Keeps the files unless they exceed a limit; what was there of the run is replaced.
   *
   * @param atLeast bytes known beforehand: where they exceed a limit already, the files are not
   *   made
   * @returns what is there now
   */
  put(id: string, files: () => Promise<Readonly<Record<string, Uint8Array>>>, atLeast?: number): Promise<StoredAdapter>;
  delete(ids: readonly string[]): Promise<void>;
  clear(): Promise<void>;
  /** Adapters kept, and their bytes. */
  usage(): Promise<{ items: number; bytes: number }>;
}

export interface PlanStore {
  get(id: string): Promise<StoredPlan | undefined>;
  list(): Promise<StoredPlan[]>;
  put(plan: StoredPlan): Promise<void>;
  delete(id: string): Promise<void>;
}

/** The key under which the settings hold the last report of the self-test. */
export const selfTestSetting = "self-test";
