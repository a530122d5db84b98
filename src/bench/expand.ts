/**
 * Expands a plan into its runs: one complete configuration each, in the order in which the runner
 * computes them. Nothing here reads files: the caller first looks up the dataset, the backbones and
 * the default settings of the methods.
 */
import { canonicalJson, configHash, RadaptError } from "../base";
import type { Preprocessing } from "../models/types";
import { identifiedConfig } from "./migrate-record";
import { type Plan, planSplit, planSplitSeeds } from "./plan";
import { isRepeatableSplit, partsOf, type SplitDataset, splitOfRun } from "./protocols";
import type { RunConfig, RunRecord } from "./record";
import { regimeCost } from "./regime";
import { identityOf, trainingSchema } from "./training";

/** The facts of a stored dataset that a configuration needs. A `DatasetRow` has them all. */
export interface ResolvedDataset extends SplitDataset {
  name: string;
  /** SHA-256 over image hashes, labels and patients. */
  fingerprint: string;
}

/**
 * The facts of a backbone that a configuration needs. A `BackboneRow` has them all. The caller has
 * already applied the plan's own preprocessing.
 */
export interface ResolvedBackbone {
  name: string;
  sha256: string;
  preprocessing: Preprocessing;
  feature: string;
  /** Corrections of the layers' roles: module pattern → role. */
  roles?: Record<string, string>;
}

/** Adds a method's default settings to the given ones, and names the result, e.g. "LoRA r 8". */
export type CompleteMethod = (id: string, config: Record<string, unknown>) => CompletedMethod;

export interface CompletedMethod {
  config: Record<string, unknown>;
  label: string;
  /** True if equal training images give equal bits, whatever the seed. */
  deterministic?: boolean;
}

export interface PlannedRun {
  config: RunConfig;
  labels: RunRecord["labels"];
  /** True for runs of the method with which the plan compares the others. */
  isReference?: true;
}

/**
 * The identity of a run: the first 20 hex digits of its configuration's hash. Labels do not enter.
 */
export function runId(config: RunConfig): Promise<string> {
  return configHash({ ...identifiedConfig(config), training: identityOf(config.training) });
}

/**
 * Gives every run of a plan once. The loops go from partitions of the patients (outermost) over
 * seeds, parts of the split and regimes (few shots first) to backbones and methods, both as the
 * plan lists them. In this order, all methods finish the first seed and part before any method
 * starts the second, so that early charts compare methods on the same images. After the first seed,
 * each method has predicted every image once per regime.
 *
 * On all training images, a method that does not depend on the seed runs once per part. With few
 * shots the seed draws the training images, so every method runs with every seed.
 *
 * @param backbones one for each of `plan.backbones`, in the same order
 * @throws RadaptError `plan.backbones` when the lengths differ, and what `completeMethod` throws
 *   for an unknown method
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
  const methods = plan.methods.map((method, index) => {
    const complete = completeMethod(method.id, method.config);
    return {
      ...complete,
      spec: { id: method.id, config: complete.config },
      label: method.label ?? complete.label,
      isReference: plan.primary?.reference === index,
      // A stored plan lacks the settings that came later: the schema adds their defaults.
      training: trainingSchema.parse({ ...plan.training, ...method.training }),
    };
  });
  const split = planSplit(plan);
  const parts = partsOf(split, dataset);
  if (plan.repeats > 1 && !isRepeatableSplit(split)) throw noRepeats(plan.repeats);
  const regimes = [...plan.regimes].sort((a, b) => regimeCost(a) - regimeCost(b) || 0);
  const runs = new Map<string, PlannedRun>();
  for (const splitSeed of planSplitSeeds(plan))
    for (const seed of plan.seeds)
      for (const part of parts)
        for (const regime of regimes)
          for (const backbone of backbones)
            for (const method of methods) {
              if (method.deterministic && regime === "full" && seed !== plan.seeds[0]) continue;
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
                split: splitOfRun(split, dataset, { splitSeed, part }),
                seed,
              };
              const key = canonicalJson(config);
              if (!runs.has(key))
                runs.set(key, {
                  config,
                  labels: { dataset: dataset.name, backbone: backbone.name, method: method.label },
                  ...(method.isReference && { isReference: true }),
                });
            }
  return [...runs.values()];
}

function noRepeats(repeats: number): RadaptError {
  return new RadaptError("This split tests the same images in every repeat.", {
    code: "plan.repeats",
    where: "repeats",
    expected: "1",
    got: String(repeats),
    remedy: "Set repeats to 1, or choose a split that repeats with new patients, such as k-fold.",
  });
}
