/** Stores finished runs in IndexedDB. Deleting a record also deletes what its run learnt. */
import type { Changes } from "./changes";
import type { Database } from "./db";
import { withinQuota } from "./quota";
import type { RecordStore } from "./types";

export interface RecordRepository extends RecordStore {
  /** The number of records, and their length as JSON. It reads no record. */
  usage(): Promise<{ items: number; bytes: number }>;
}

export function createRecordRepository(db: Database, changes: Changes): RecordRepository {
  return {
    get: async (id) => (await db.get("records", id))?.record,
    has: async (ids) => {
      const { store } = db.transaction("records");
      const keys = await Promise.all(ids.map((id) => store.getKey(id)));
      return new Set(keys.filter((key) => key !== undefined));
    },
    list: async (ids) => {
      const { store } = db.transaction("records");
      const found = ids ? await Promise.all(ids.map((id) => store.get(id))) : await store.getAll();
      return found.flatMap((value) => value?.record ?? []);
    },
    putIfAbsent: async (record) => {
      const bytes = JSON.stringify(record).length;
      const stored = await withinQuota("the run's record", async () => {
        const tx = db.transaction("records", "readwrite");
        const known = await tx.store.getKey(record.id);
        await Promise.all([known === undefined && tx.store.add({ record, bytes }, record.id), tx.done]);
        return known === undefined;
      });
      if (stored) changes.emit({ store: "records", id: record.id });
      return stored;
    },
    delete: async (ids) => {
      const tx = db.transaction(["records", "adapters"], "readwrite");
      const gone = ids.flatMap((id) => [tx.objectStore("records").delete(id), tx.objectStore("adapters").delete(id)]);
      await Promise.all([...gone, tx.done]);
      changes.emit({ store: "records" });
      changes.emit({ store: "adapters" });
    },
    clear: async () => {
      const tx = db.transaction(["records", "adapters"], "readwrite");
      await Promise.all([tx.objectStore("records").clear(), tx.objectStore("adapters").clear(), tx.done]);
      changes.emit({ store: "records" });
      changes.emit({ store: "adapters" });
    },
    usage: async () => {
      let items = 0;
      let bytes = 0;
      const index = db.transaction("records").store.index("bytes");
      for (let cursor = await index.openKeyCursor(); cursor; cursor = await cursor.continue()) {
        items++;
        bytes += cursor.key;
      }
      return { items, bytes };
    },
  };
}
