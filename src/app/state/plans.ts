/**
 * The stored plans. `plan-runs.ts` resolves a plan to its runs. It stands apart, because it loads
 * the whole protocol.
 */
import { createStore } from "zustand/vanilla";
import type { Plan } from "../../bench/plan";
import type { DatasetRow } from "../../data/types";
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

/** Plans that ran when someone left the page. They do not run now and wait for a resume. */
export function interruptedPlans(state: PlansState, runningId: string | null): StoredPlan[] {
  return state.plans.filter((p) => p.status === "running" && p.id !== runningId);
}
