/** The stored plans and their runs, which the hash of their configuration identifies. */
import { createStore } from "zustand/vanilla";
import { canonicalJson, configHash } from "../../base";
import type { Plan } from "../../bench/plan";
import type { DatasetRow } from "../../data/types";
import type { BackboneRow } from "../../models/types";
import { type IdentifiedRun, resolveBackbone, resolveRuns } from "../../runner/resolve";
import type { StoredPlan } from "../../worker/protocol";
import { services } from "./services";

export interface PlansState {
  loaded: boolean;
  /** Newest first. */
  plans: StoredPlan[];
}

export const plansStore = createStore<PlansState>(() => ({ loaded: false, plans: [] }));

export async function loadPlans(): Promise<void> {
  const plans = await services().storage.listPlans();
  plansStore.setState({ loaded: true, plans: plans.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1)) });
}

/**
 * Stores a plan under the hash of its content. If that plan is already stored, returns it
 * unchanged.
 */
export async function storePlan(plan: Plan): Promise<StoredPlan> {
  const id = await configHash(JSON.parse(canonicalJson(plan)));
  const known = plansStore.getState().plans.find((p) => p.id === id);
  const stored: StoredPlan = known ?? { id, createdAt: services().now(), plan, status: "ready" };
  if (!known) await services().storage.putPlan(stored);
  await loadPlans();
  return stored;
}

export async function deletePlan(id: string): Promise<void> {
  await services().storage.deletePlan(id);
  await loadPlans();
}

/** The dataset that a plan names, if it is stored. */
export function planDataset(plan: Plan, datasets: readonly DatasetRow[]): DatasetRow | undefined {
  const ref = plan.dataset;
  if ("id" in ref) return datasets.find((d) => d.id === ref.id);
  if ("demo" in ref) return datasets.find((d) => d.synthetic);
  return undefined;
}

/**
 * The runs of a plan with their ids, as the worker will compute them.
 * @throws RadaptError if a backbone is missing or a method unknown
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

/** Plans that ran when someone left the page. They do not run now and wait for a resume. */
export function interruptedPlans(state: PlansState, runningId: string | null): StoredPlan[] {
  return state.plans.filter((p) => p.status === "running" && p.id !== runningId);
}
