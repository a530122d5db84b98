/**
 * The schema of the browser's storage, its migrations, and the function that opens it. Only the
 * repository of a store reads and writes that store.
 */
import { type DBSchema, type IDBPDatabase, type IDBPTransaction, openDB, type StoreNames } from "idb";
import { messageOf, RadaptError } from "../base/error";
import { migrateRecord } from "../bench/migrate-record";
import type { RunRecord } from "../bench/record";
import type { DatasetRow } from "../data/types";
import type { BackboneRow } from "../models/types";
import type { FilePlace, StoredAdapter, StoredPlan } from "./types";

export interface RadaptSchema extends DBSchema {
  /** By dataset id. `imageSet` is the first part of its images' keys. */
  datasets: { key: string; value: { row: DatasetRow; imageSet: string } };
  /** Encoded images by [image set, image name]. */
  images: { key: [string, string]; value: Blob };
  /** Image sets of active or interrupted imports. */
  pendingImageSets: { key: string; value: { since: string } };
  /** By backbone id. The bytes have the key `file` in the file store of that place. */
  backbones: { key: string; value: { row: BackboneRow; file: string; place: FilePlace } };
  /** Large files where the browser lacks the origin private file system. */
  files: { key: string; value: Blob };
  /** By [group, image SHA-256]. */
  features: { key: [string, string]; value: Float32Array };
  plans: { key: string; value: StoredPlan };
  /** By run id. `bytes` is the length of the record as JSON. */
  records: { key: string; value: { record: RunRecord; bytes: number }; indexes: { bytes: number } };
  settings: { key: string; value: unknown };
  /** By run id. `kept` is the size of the stored files, 0 where none are stored. */
  adapters: { key: string; value: StoredAdapter & { kept: number }; indexes: { kept: number } };
}

export type Database = IDBPDatabase<RadaptSchema>;

type Upgrade = IDBPTransaction<RadaptSchema, StoreNames<RadaptSchema>[], "versionchange">;

/**
 * Migration i upgrades version i to i + 1. Only append to this list: browsers of users hold every
 * earlier version.
 */
const migrations: ((db: Database, upgrade: Upgrade) => void | Promise<void>)[] = [
  (db) => {
    for (const store of ["datasets", "images", "pendingImageSets", "backbones", "files"] as const) {
      db.createObjectStore(store);
    }
    for (const store of ["features", "plans", "settings"] as const) db.createObjectStore(store);
    db.createObjectStore("records").createIndex("bytes", "bytes");
  },
  (db) => {
    db.createObjectStore("adapters").createIndex("kept", "kept");
  },
  (_db, upgrade) => migrateRecords(upgrade),
];

/**
 * Rewrites every record in today's schema. Ids, and with them the keys of records and adapters,
 * stay the same.
 */
async function migrateRecords(upgrade: Upgrade): Promise<void> {
  let cursor = await upgrade.objectStore("records").openCursor();
  while (cursor) {
    const record = migrateRecord(cursor.value.record);
    await cursor.update({ record, bytes: JSON.stringify(record).length });
    cursor = await cursor.continue();
  }
}

/**
 * Opens the database and migrates it.
 *
 * @throws RadaptError "storage.newer" | "storage.blocked" | "storage.unavailable"
 */
export async function openDatabase(name = "radapt"): Promise<Database> {
  try {
    return await openDB<RadaptSchema>(name, migrations.length, {
      async upgrade(db, from, _to, transaction) {
        for (const migrate of migrations.slice(from)) await migrate(db, transaction);
      },
      // Another tab runs a newer Radapt and waits until this connection closes.
      blocking: (_from, _to, event) => (event.target as IDBDatabase).close(),
    });
  } catch (error) {
    const newer = error instanceof Error && error.name === "VersionError";
    throw new RadaptError(
      newer ? "This browser's storage was written by a newer Radapt." : "This browser's storage cannot be opened.",
      {
        code: newer ? "storage.newer" : "storage.unavailable",
        where: `IndexedDB database "${name}"`,
        expected: newer ? `version ${migrations.length} or older` : "a browser that allows IndexedDB",
        got: messageOf(error),
        remedy: newer
          ? "Close the other tabs of Radapt and reload this one."
          : "Leave private browsing, or allow this site to store data; then reload.",
      },
    );
  }
}

/** The range of all keys [first, …]. */
export function keysOf(first: string): IDBKeyRange {
  return IDBKeyRange.bound([first], [first, []]);
}
