/**
 * Scopes group the records that a comparison shows together: those of a plan, or all of a dataset.
 */
import type { PlannedRun } from "../../bench/expand";
import { type Primary, planPrimary } from "../../bench/primary";
import type { RunRecord } from "../../bench/record";
import { type EvaluationUnit, planUnit } from "../../bench/unit";
import type { DatasetRow } from "../../data/types";
import type { BackboneRow } from "../../models/types";
import type { StoredPlan } from "../../worker/protocol";
import { plannedAudit, plannedRuns } from "../state/plan-runs";
import { planDataset } from "../state/plans";

export interface RecordScope {
  /** A plan's id or "dataset:<fingerprint>". */
  id: string;
  label: string;
  group: "Plans" | "All runs of a dataset";
}

export function scopes(plans: readonly StoredPlan[], records: readonly RunRecord[]): RecordScope[] {
  const datasets = new Map(records.map((r) => [r.config.dataset, r.labels.dataset]));
  return [
    ...plans.map((p): RecordScope => ({ id: p.id, label: p.plan.name, group: "Plans" })),
    ...[...datasets].map(
      ([fingerprint, label]): RecordScope => ({ id: `dataset:${fingerprint}`, label, group: "All runs of a dataset" }),
    ),
  ];
}

/**
 * The wanted scope if it exists, else that of the running plan, else the first one (the newest
 * plan).
 */
export function chosenScope(
  all: readonly RecordScope[],
  wanted: string | null,
  running: string | null,
): RecordScope | undefined {
  return all.find((s) => s.id === wanted) ?? all.find((s) => s.id === running) ?? all[0];
}

export interface ScopedRecords {
  records: RunRecord[];
  /** All runs of the plan, which show the ones that are missing; undefined for a whole dataset. */
  planned?: PlannedRun[];
  /** What the plan fixed before its first run; undefined for a whole dataset. */
  primary?: Primary;
  /** What the figures are about, as the plan says; undefined for a whole dataset. */
  unit?: EvaluationUnit;
  /** Records of the plan's shortcut audit; undefined for a whole dataset. */
  audit?: RunRecord[];
}

/** The records of the scope; null for a plan whose dataset or backbone is no longer stored. */
export async function scopedRecords(
  scope: string,
  records: readonly RunRecord[],
  plans: readonly StoredPlan[],
  datasets: readonly DatasetRow[],
  backbones: readonly BackboneRow[],
  audit: readonly RunRecord[] = [],
): Promise<ScopedRecords | null> {
  if (scope.startsWith("dataset:"))
    return { records: records.filter((r) => r.config.dataset === scope.slice("dataset:".length)) };
  const plan = plans.find((p) => p.id === scope);
  const dataset = plan && planDataset(plan.plan, datasets);
  if (!plan || !dataset) return null;
  const runs = await plannedRuns(plan.plan, dataset, backbones);
  const ids = new Set(runs.map((run) => run.id));
  const audited = new Set((await plannedAudit(plan.plan, dataset)).map((run) => run.id));
  return {
    records: records.filter((r) => ids.has(r.id)),
    planned: runs,
    primary: planPrimary(plan.plan),
    unit: planUnit(plan.plan),
    audit: audit.filter((r) => audited.has(r.id)),
  };
}
