/** Which records belong together: those of a plan, or all of a dataset. */
import type { PlannedRun } from "../../bench/expand";
import type { RunRecord } from "../../bench/record";
import type { DatasetRow } from "../../data/types";
import type { BackboneRow } from "../../models/types";
import type { StoredPlan } from "../../worker/protocol";
import { planDataset, plannedRuns } from "../state/plans";

export interface Scope {
  /** A plan's id or "dataset:<fingerprint>". */
  id: string;
  label: string;
  group: "Plans" | "All runs of a dataset";
}

export function scopes(plans: readonly StoredPlan[], records: readonly RunRecord[]): Scope[] {
  const datasets = new Map(records.map((r) => [r.config.dataset, r.labels.dataset]));
  return [
    ...plans.map((p): Scope => ({ id: p.id, label: p.plan.name, group: "Plans" })),
    ...[...datasets].map(
      ([fingerprint, label]): Scope => ({ id: `dataset:${fingerprint}`, label, group: "All runs of a dataset" }),
    ),
  ];
}

/** The wanted scope if it exists, else the plan under way, else the first (newest plan). */
export function chosenScope(all: readonly Scope[], wanted: string | null, running: string | null): Scope | undefined {
  return all.find((s) => s.id === wanted) ?? all.find((s) => s.id === running) ?? all[0];
}

export interface ScopedRecords {
  records: RunRecord[];
  /** The plan's runs, so that missing ones are known; undefined for a whole dataset. */
  planned?: PlannedRun[];
}

/** The scope's records; a plan whose dataset or backbone is gone gives null. */
export async function scopedRecords(
  scope: string,
  records: readonly RunRecord[],
  plans: readonly StoredPlan[],
  datasets: readonly DatasetRow[],
  backbones: readonly BackboneRow[],
): Promise<ScopedRecords | null> {
  if (scope.startsWith("dataset:"))
    return { records: records.filter((r) => r.config.dataset === scope.slice("dataset:".length)) };
  const plan = plans.find((p) => p.id === scope);
  const dataset = plan && planDataset(plan.plan, datasets);
  if (!plan || !dataset) return null;
  const runs = await plannedRuns(plan.plan, dataset, backbones);
  const ids = new Set(runs.map((run) => run.id));
  return { records: records.filter((r) => ids.has(r.id)), planned: runs };
}
