/** Continues a stored plan that was paused, interrupted by a reload, or never started. */
import type { StoredPlan } from "../../worker/protocol";
import { ensureBackbones } from "./backbones";
import { datasetsStore, selectDataset } from "./datasets";
import { planDataset } from "./plans";
import { startPlan } from "./queue";

export async function resumePlan(plan: StoredPlan): Promise<void> {
  const { waitingRuns } = await import("./plan-runs");
  await ensureBackbones();
  const dataset = planDataset(plan.plan, datasetsStore.getState().datasets);
  if (dataset) selectDataset(dataset.id);
  await startPlan(plan, dataset ? await waitingRuns(plan, dataset.id) : []);
}
