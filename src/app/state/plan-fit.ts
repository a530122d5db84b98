/** Whether a dataset has patients and images enough for the folds and shots of a plan: the same splits as the runs'. */
import type { RadaptError } from "../../base";
import type { Regime } from "../../bench/plan";
import { trySplits } from "../../bench/split";
import type { DatasetRow } from "../../data/types";

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
  if (!answers.has(key)) answers.set(key, trySplits(dataset.images, { folds, splitSeed, regimes }, dataset.classes));
  return answers.get(key) ?? null;
}

/** What is wrong, beside the folds or beside the amounts of training data. */
export function fitProblems(dataset: DatasetRow, fit: Fit): { folds?: string; regimes?: string } {
  if (!Number.isInteger(fit.folds) || fit.folds < 2 || fit.folds > 20) return { folds: "Between 2 and 20 folds." };
  const problem = firstProblem(dataset, fit);
  if (!problem) return {};
  const { remedy, got } = problem.parts;
  const text = [problem.message.split("\n")[0], got && `There are ${got}.`, remedy].filter(Boolean).join(" ");
  return problem.code.startsWith("shots.") ? { regimes: text } : { folds: text };
}
