/**
 * The interfaces through which the runner uses storage. They let it run on IndexedDB (browser: this
 * folder's repositories), on files (command line: `node/`) and in memory (tests: `memory.ts`).
 */
import type { Plan } from "../bench/plan";
import type { RunRecord } from "../bench/record";
import type { DatasetRow } from "../data/types";

/**
 * Where the browser stores large files: in the origin private file system, or as Blobs in
 * IndexedDB.
 */
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
   *
   * @throws RadaptError "dataset.image-missing" when the image is not there, or no longer
   */
  image(name: string): Promise<Blob>;
}

/**
 * Cached features of frozen backbones. `group` names what computed them (see `featureGroup`);
 * `image` is the SHA-256 of the image file. A lost entry costs only time.
 */
export interface FeatureStore {
  /** One entry per image, in order; `undefined` where the cache has none. */
  get(group: string, images: readonly string[]): Promise<(Float32Array | undefined)[]>;
  put(group: string, entries: readonly { image: string; feature: Float32Array }[]): Promise<void>;
  /**
   * Deletes every group whose name starts with the prefix; "" deletes all. A backbone's SHA-256
   * deletes all of its features.
   */
  deletePrefix(prefix: string): Promise<void>;
  usage(): Promise<{ items: number; bytes: number }>;
}

/** Finished runs. The id of a run is the hash of its configuration (`RunRecord.id`). */
export interface RecordStore {
  get(id: string): Promise<RunRecord | undefined>;
  /** The given ids that have a record. */
  has(ids: readonly string[]): Promise<Set<string>>;
  /**
   * All records, or those with the given ids, in the order of the ids. It skips ids without a
   * record.
   */
  list(ids?: readonly string[]): Promise<RunRecord[]>;
  /**
   * Stores the record unless one with its id exists.
   *
   * @returns whether it stored the record
   */
  putIfAbsent(record: RunRecord): Promise<boolean>;
  delete(ids: readonly string[]): Promise<void>;
  clear(): Promise<void>;
}

/**
 * Why the store refused an adapter: it is too large, the adapters of all runs are too large
 * together, or the disk is full.
 */
export type AdapterRefusal = "run-limit" | "total-limit" | "quota";

/** What a run learnt: its files by name. If the store refused them, their size and the reason. */
export interface StoredAdapter {
  /** The run's id. */
  id: string;
  /** Size of the files, stored or refused. */
  bytes: number;
  files: Readonly<Record<string, Uint8Array>> | null;
  refusal?: AdapterRefusal;
}

/** Limits in bytes: for the adapter of one run, and for those of all runs together. */
export const adapterLimits = { run: 16_000_000, total: 500_000_000 };

/** What runs learnt, by the run's id. It is deleted together with the run's record. */
export interface AdapterStore {
  get(id: string): Promise<StoredAdapter | undefined>;
  /**
   * Stores the files unless they exceed a limit. They replace what the run had stored before.
   *
   * @param files makes the files
   * @param atLeast known lower bound of their size, bytes: if it exceeds a limit, `files` is not
   *   called
   * @returns what the store holds now
   */
  put(id: string, files: () => Promise<Readonly<Record<string, Uint8Array>>>, atLeast?: number): Promise<StoredAdapter>;
  delete(ids: readonly string[]): Promise<void>;
  clear(): Promise<void>;
  /** The number of stored adapters, and their bytes. */
  usage(): Promise<{ items: number; bytes: number }>;
}

export interface PlanStore {
  get(id: string): Promise<StoredPlan | undefined>;
  list(): Promise<StoredPlan[]>;
  put(plan: StoredPlan): Promise<void>;
  delete(id: string): Promise<void>;
}

/** The settings' key of the last report of the self-test. */
export const selfTestSetting = "self-test";
