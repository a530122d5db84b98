/** Stores settings by key. The reader of a setting checks its shape. */
import type { Changes } from "./changes";
import type { Database } from "./db";
import { withinQuota } from "./quota";

export interface SettingsRepository {
  get(key: string): Promise<unknown>;
  put(key: string, value: unknown): Promise<void>;
  delete(key: string): Promise<void>;
}

export function createSettingsRepository(db: Database, changes: Changes): SettingsRepository {
  return {
    get: (key) => db.get("settings", key),
    put: async (key, value) => {
      await withinQuota("the setting", () => db.put("settings", value, key));
      changes.emit({ store: "settings", id: key });
    },
    delete: async (key) => {
      await db.delete("settings", key);
      changes.emit({ store: "settings", id: key });
    },
  };
}
