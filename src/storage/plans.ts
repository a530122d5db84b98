/** Stores plans in IndexedDB. */
import type { Changes } from "./changes";
import type { Database } from "./db";
import { withinQuota } from "./quota";
import type { PlanStore } from "./types";

export function createPlanRepository(db: Database, changes: Changes): PlanStore {
  return {
    get: (id) => db.get("plans", id),
    list: () => db.getAll("plans"),
    put: async (plan) => {
      await withinQuota("the plan", () => db.put("plans", plan, plan.id));
      changes.emit({ store: "plans", id: plan.id });
    },
    delete: async (id) => {
      await db.delete("plans", id);
      changes.emit({ store: "plans", id });
    },
  };
}
