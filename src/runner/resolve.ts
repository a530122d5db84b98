/** Resolves a plan with its dataset and backbones to its runs, each with its id. */
import { type AuditedDataset, expandAudit } from "../bench/audit/expand-audit";
import {
  type CompleteMethod,
  expandPlan,
  type PlannedRun,
  type ResolvedBackbone,
  type ResolvedDataset,
  runId,
} from "../bench/expand";
import type { Plan } from "../bench/plan";
import { partShortLabel } from "../bench/protocols";
import { regimeLabel } from "../bench/regime";
import { trainingOverridesSchema } from "../bench/training";
import { completeMethod } from "../engine/adapters";
import type { BackboneRow } from "../models/types";

export interface IdentifiedRun extends PlannedRun {
  /** Hash of the configuration. */
  id: string;
}

/**
 * The backbone of a plan: the plan's own name, preprocessing, feature and roles override the stored
 * ones.
 */
export function resolveBackbone(ref: Plan["backbones"][number], row: BackboneRow): ResolvedBackbone {
  const { preprocessing } = ref;
  const roles = ref.roles ?? row.roles;
  return {
    name: ref.name ?? row.name,
    sha256: row.sha256,
    preprocessing: preprocessing
      ? { ...preprocessing, resize: preprocessing.resize ?? preprocessing.size }
      : row.preprocessing,
    feature: ref.feature === "auto" ? row.feature : ref.feature,
    ...(roles && Object.keys(roles).length > 0 && { roles }),
  };
}

/**
 * The runs of a plan. A method's training settings are the plan's, overridden by the method's own
 * defaults (a linear probe needs other settings than LoRA), overridden by what the plan writes
 * under the method.
 *
 * @param backbones as many as the plan names, in its order
 * @throws RadaptError for an unknown method or setting
 */
export async function resolveRuns(
  plan: Plan,
  dataset: ResolvedDataset,
  backbones: readonly ResolvedBackbone[],
): Promise<IdentifiedRun[]> {
  const methods = plan.methods.map((method) => {
    const { trainingDefaults } = completeMethod(method.id, method.config);
    return { ...method, training: { ...trainingOverridesSchema.parse(trainingDefaults), ...method.training } };
  });
  const complete: CompleteMethod = (id, config) => completeMethod(id, config);
  const runs = expandPlan({ ...plan, methods }, dataset, backbones, complete);
  return Promise.all(runs.map(async (run) => ({ ...run, id: await runId(run.config) })));
}

/** The runs of the plan's shortcut audit; none where it has none. */
export async function resolveAudit(plan: Plan, dataset: AuditedDataset): Promise<IdentifiedRun[]> {
  const runs = await expandAudit(plan, dataset);
  return Promise.all(runs.map(async (run) => ({ ...run, id: await runId(run.config) })));
}

/** Label of a run, e.g. "Radapt hybrid XS · LoRA r 8 · 8-shot · fold 2 · seed 0". */
export function runLabel({ config, labels }: PlannedRun): string {
  const regime = config.regime === "full" ? "full data" : regimeLabel(config.regime);
  return `${labels.backbone} · ${labels.method} · ${regime} · ${partShortLabel(config.split)} · seed ${config.seed}`;
}
