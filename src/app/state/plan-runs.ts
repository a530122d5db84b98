/**
 * Gives a plan its identity, and expands it into its runs. This file is separate from the store of
 * plans because the first screen must not load methods, protocols and hashing.
 */
import { canonicalJson, configHash } from "../../base";
import type { Plan } from "../../bench/plan";
import type { DatasetRow } from "../../data/types";
import type { BackboneRow } from "../../models/types";
import { type IdentifiedRun, resolveAudit, resolveBackbone, resolveRuns, runLabel } from "../../runner/resolve";
import type { StoredPlan } from "../../worker/protocol";
import { backbonesStore } from "./backbones";
import { datasetsStore } from "./datasets";
import { loadPlans, plansStore } from "./plans";
import { services } from "./services";

/** Stores a plan under the hash of its content. A plan that is already stored stays unchanged. */
export async function storePlan(plan: Plan): Promise<StoredPlan> {
  const id = await configHash(JSON.parse(canonicalJson(plan)));
  const known = plansStore.getState().plans.find((p) => p.id === id);
  const stored: StoredPlan = known ?? { id, createdAt: services().now(), plan, status: "ready" };
  if (!known) await services().storage.putPlan(stored);
  await loadPlans();
  return stored;
}

/**
 * Gives the runs of a plan, as the worker will compute them.
 *
 * @throws RadaptError when a backbone is missing or a method is unknown
 */
export function plannedRuns(
  plan: Plan,
  dataset: DatasetRow,
  backbones: readonly BackboneRow[],
): Promise<IdentifiedRun[]> {
  const resolved = plan.backbones.flatMap((ref) => {
    const row = backbones.find((b) => b.id === ref.id);
    return row ? [resolveBackbone(ref, row)] : [];
  });
  return resolveRuns(plan, dataset, resolved);
}

/** Gives the runs of a plan's shortcut audit, as the worker will compute them. */
export function plannedAudit(plan: Plan, dataset: DatasetRow): Promise<IdentifiedRun[]> {
  return resolveAudit(plan, dataset);
}

/** Gives ids and labels of a plan's runs for the queue, before the worker names them. */
export async function waitingRuns(plan: StoredPlan, datasetId: string): Promise<{ id: string; label: string }[]> {
  const dataset = datasetsStore.getState().datasets.find((d) => d.id === datasetId);
  if (!dataset) return [];
  const runs = await plannedRuns(plan.plan, dataset, backbonesStore.getState().backbones);
  return runs.map((run) => ({ id: run.id, label: runLabel(run) }));
}
