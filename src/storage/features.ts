/** Caches features in IndexedDB. */
import type { Changes } from "./changes";
import type { Database } from "./db";
import { withinQuota } from "./quota";
import type { FeatureStore } from "./types";

export function createFeatureRepository(db: Database, changes: Changes): FeatureStore {
  return {
    get: async (group, images) => {
      const { store } = db.transaction("features");
      return Promise.all(images.map((image) => store.get([group, image])));
    },
    put: async (group, entries) => {
      await withinQuota("the features", async () => {
        const tx = db.transaction("features", "readwrite");
        // Copy the features: IndexedDB stores the whole buffer behind a view.
        await Promise.all([...entries.map((e) => tx.store.put(e.feature.slice(), [group, e.image])), tx.done]);
      });
      changes.emit({ store: "features" });
    },
    deletePrefix: async (prefix) => {
      await db.delete("features", IDBKeyRange.bound([prefix], [`${prefix}\uffff`, []]));
      changes.emit({ store: "features" });
    },
    usage: async () => {
      const { store } = db.transaction("features");
      let items = 0;
      let bytes = 0;
      // Read one feature per group: all features of a group have the same length.
      for (let cursor = await store.openCursor(); cursor; ) {
        const [group] = cursor.key;
        const count = await store.count(IDBKeyRange.bound([group], [group, []]));
        items += count;
        bytes += count * cursor.value.byteLength;
        cursor = await store.openCursor(IDBKeyRange.lowerBound([group, []]));
      }
      return { items, bytes };
    },
  };
}
