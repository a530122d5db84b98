/**
 * From a plan to its runs: one complete configuration each, in the order in which they should be
 * computed. Nothing here reads files; the caller resolves the dataset, the backbones and the
 * methods' defaults first.
 */
import { canonicalJson, configHash, RadaptError } from "../base";
import type { Preprocessing } from "../models/types";
import { identifiedConfig } from "./migrate-record";
import { type Plan, planSplit, type Regime } from "./plan";
import { partsOf, type SplitDataset } from "./protocols";
import type { RunConfig, RunRecord } from "./record";
import { identityOf, trainingSchema } from "./training";

/** What of a stored dataset enters a configuration. A `DatasetRow` fits. */
export interface ResolvedDataset extends SplitDataset {
  name: string;
  /** SHA-256 over image hashes, labels and patients. */
  fingerprint: string;
}

/**
 * What of a backbone enters a configuration. A `BackboneRow` fits; the plan's own preprocessing is
 * already applied.
 */
export interface ResolvedBackbone {
  name: string;
  sha256: string;
  preprocessing: Preprocessing;
  feature: string;
  /** Corrections of the layers' roles: module pattern → role. */
  roles?: Record<string, string>;
}

/** Fills a method's missing settings with its own defaults and names it, e.g. "LoRA r 8". */
export type CompleteMethod = (
  id: string,
  config: Record<string, unknown>,
) => { config: Record<string, unknown>; label: string };

export interface PlannedRun {
  config: RunConfig;
  labels: RunRecord["labels"];
}

/** The identity of a run: 20 hex digits of the hash of its configuration. Labels do not enter. */
export function runId(config: RunConfig): Promise<string> {
  return configHash({ ...identifiedConfig(config), training: identityOf(config.training) });
}

/** Training images per class that a regime asks for; Infinity for "full". */
export function regimeCost(regime: Regime): number {
  return regime === "full" ? Number.POSITIVE_INFINITY : regime.shots;
}

/** "full" or "8-shot". */
export function regimeLabel(regime: Regime): string {
  return regime === "full" ? "full" : `${regime.shots}-shot`;
}

/**
 * Every run of a plan, duplicates dropped, ordered so that early charts compare like with like:
 * seeds outermost, then parts of the split, then regimes from few shots to full, then backbones and
 * methods as the plan lists them. So all methods of the first seed and part stand first, and after
 * the first seed every image has been tested once per method and regime.
 *
 * @param backbones as many as `plan.backbones`, in its order
 * @throws RadaptError when a method is unknown (from `completeMethod`)
 */
export function expandPlan(
  plan: Plan,
  dataset: ResolvedDataset,
  backbones: readonly ResolvedBackbone[],
  completeMethod: CompleteMethod,
): PlannedRun[] {
  if (backbones.length !== plan.backbones.length) {
    throw new RadaptError("The plan's backbones were not all found.", {
      code: "plan.backbones",
      expected: `${plan.backbones.length} backbones`,
      got: `${backbones.length}`,
      remedy: "Open the missing backbones, or take them out of the plan.",
    });
  }
  const methods = plan.methods.map((method) => {
    const complete = completeMethod(method.id, method.config);
    return {
      spec: { id: method.id, config: complete.config },
      label: method.label ?? complete.label,
      // A plan stored before there was some setting lacks it.
      training: trainingSchema.parse({ ...plan.training, ...method.training }),
    };
  });
  const split = planSplit(plan);
  const parts = partsOf(split, dataset);
  const regimes = [...plan.regimes].sort((a, b) => regimeCost(a) - regimeCost(b) || 0);
  const runs = new Map<string, PlannedRun>();
  for (const seed of plan.seeds)
    for (const part of parts)
      for (const regime of regimes)
        for (const backbone of backbones)
          for (const method of methods) {
            const config: RunConfig = {
              protocol: 1,
              dataset: dataset.fingerprint,
              backbone: {
                sha256: backbone.sha256,
                preprocessing: backbone.preprocessing,
                feature: backbone.feature,
                ...(backbone.roles && { roles: backbone.roles }),
              },
              method: method.spec,
              training: method.training,
              regime,
              split: { ...split, splitSeed: plan.splitSeed, part },
              seed,
            };
            const key = canonicalJson(config);
            if (!runs.has(key))
              runs.set(key, {
                config,
                labels: { dataset: dataset.name, backbone: backbone.name, method: method.label },
              });
          }
  return [...runs.values()];
}
