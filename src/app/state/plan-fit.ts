/**
 * Whether what a plan brings together fits: a dataset's patients and images to its folds and shots (the same splits as the
 * runs'), its methods to its backbones.
 */
import type { RadaptError } from "../../base";
import { planSplit, type Regime } from "../../bench/plan";
import { trySplits } from "../../bench/split";
import type { DatasetRow } from "../../data/types";
import type { ModelInfo } from "../../engine/types";
import type { BackboneRow } from "../../models/types";
import { methodMeta } from "./methods";

export interface Fit {
  folds: number;
  splitSeed: number;
  full: boolean;
  shots: readonly number[];
}

const known = new WeakMap<DatasetRow, Map<string, RadaptError | null>>();

/** The first split that cannot be made, or null. Draws of fewer shots are part of larger ones, so the largest decides. */
function firstProblem(dataset: DatasetRow, { folds, splitSeed, full, shots }: Fit): RadaptError | null {
  const regimes: Regime[] = shots.length > 0 ? [{ shots: Math.max(...shots) }] : full ? ["full"] : [];
  const key = JSON.stringify([folds, splitSeed, regimes]);
  const answers = known.get(dataset) ?? new Map<string, RadaptError | null>();
  known.set(dataset, answers);
  if (!answers.has(key)) answers.set(key, trySplits(dataset, { split: planSplit({ folds }), splitSeed, regimes }));
  return answers.get(key) ?? null;
}

/** What is wrong, beside the folds or beside the amounts of training data. */
export function fitProblems(dataset: DatasetRow, fit: Fit): { folds?: string; regimes?: string } {
  if (!Number.isInteger(fit.folds) || fit.folds < 2 || fit.folds > 20) return { folds: "Between 2 and 20 folds." };
  const problem = firstProblem(dataset, fit);
  if (!problem) return {};
  const { remedy, got } = problem.parts;
  const text = [problem.title, got && `There are ${got}.`, remedy].filter(Boolean).join(" ");
  return problem.code.startsWith("shots.") ? { regimes: text } : { folds: text };
}

/** True for a method that has no place on some backbones: their files must be read to know. */
export const mayMisfit = (methodId: string): boolean => methodMeta(methodId)?.needs !== undefined;

/** A chosen backbone, and what is in its file where that has been read. */
export interface ChosenBackbone {
  name: BackboneRow["name"];
  info: Pick<ModelInfo, "misfits"> | undefined;
}

/** Why a method cannot be trained on the chosen backbones, as far as these have been read; null when it can. */
export function misfitProblem(methodId: string, backbones: readonly ChosenBackbone[]): string | null {
  const found = backbones.flatMap(({ name, info }) => {
    const misfit = info?.misfits.find((m) => m.method === methodId);
    return misfit ? [`${name} (it has ${misfit.reason})`] : [];
  });
  if (found.length === 0) return null;
  return `${methodMeta(methodId)?.label ?? methodId} cannot be trained on ${found.join(", ")}: remove the method or the backbone.`;
}
