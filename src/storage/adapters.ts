/** Stores what runs learnt in IndexedDB, within size limits. */
import type { Changes } from "./changes";
import type { Database } from "./db";
import { type AdapterRefusal, type AdapterStore, adapterLimits, type StoredAdapter } from "./types";

export function createAdapterRepository(db: Database, changes: Changes, limits = adapterLimits): AdapterStore {
  const usage = async () => {
    let items = 0;
    let bytes = 0;
    const index = db.transaction("adapters").store.index("kept");
    for (let cursor = await index.openKeyCursor(IDBKeyRange.lowerBound(1)); cursor; cursor = await cursor.continue()) {
      items++;
      bytes += cursor.key;
    }
    return { items, bytes };
  };

  const write = async (adapter: StoredAdapter): Promise<StoredAdapter> => {
    await db.put("adapters", { ...adapter, kept: adapter.files ? adapter.bytes : 0 }, adapter.id);
    return adapter;
  };

  const put: AdapterStore["put"] = async (id, make, atLeast = 0) => {
    const before = (await db.get("adapters", id))?.kept ?? 0;
    const room = limits.total - (await usage()).bytes + before;
    const limitOver = (bytes: number): AdapterRefusal | null =>
      bytes > limits.run ? "run-limit" : bytes > room ? "total-limit" : null;
    const refused = (refusal: AdapterRefusal, bytes: number) => write({ id, bytes, files: null, refusal });
    const early = limitOver(atLeast);
    if (early) return refused(early, atLeast);
    // Copy the bytes: IndexedDB stores the whole buffer behind a view.
    const files = Object.fromEntries(Object.entries(await make()).map(([name, file]) => [name, file.slice()]));
    const bytes = Object.values(files).reduce((sum, file) => sum + file.byteLength, 0);
    const late = limitOver(bytes);
    if (late) return refused(late, bytes);
    try {
      return await write({ id, bytes, files });
    } catch (error) {
      if (!(error instanceof Error || error instanceof DOMException) || error.name !== "QuotaExceededError")
        throw error;
      return refused("quota", bytes);
    }
  };

  return {
    get: async (id) => {
      const found = await db.get("adapters", id);
      if (!found) return undefined;
      const { kept: _, ...adapter } = found;
      return adapter;
    },
    put: async (id, files, atLeast) => {
      const stored = await put(id, files, atLeast);
      changes.emit({ store: "adapters", id });
      return stored;
    },
    delete: async (ids) => {
      const tx = db.transaction("adapters", "readwrite");
      await Promise.all([...ids.map((id) => tx.store.delete(id)), tx.done]);
      changes.emit({ store: "adapters" });
    },
    clear: async () => {
      await db.clear("adapters");
      changes.emit({ store: "adapters" });
    },
    usage,
  };
}
