/**
 * Checks that the parts of a plan fit together: the dataset's patients and images with the split
 * and the shots, and the methods with the backbones.
 */
import type { RadaptError } from "../../base";
import type { SplitChoice } from "../../bench/protocols";
import type { Regime, ShotRegime } from "../../bench/regime";
import { trySplits } from "../../bench/split";
import type { DatasetRow } from "../../data/types";
import type { ModelInfo } from "../../engine/types";
import type { BackboneRow } from "../../models/types";
import { methodMeta } from "./methods";

export interface Fit {
  split: SplitChoice;
  splitSeed: number;
  regimes: readonly Regime[];
}

const knownProblems = new WeakMap<DatasetRow, Map<string, RadaptError | null>>();

/**
 * The first split that is impossible, or null. Fewer shots are a subset of more, so the check of
 * the most shots of each kind is enough.
 */
function firstProblem(dataset: DatasetRow, { split, splitSeed, regimes }: Fit): RadaptError | null {
  const checked = mostShots(regimes);
  const key = JSON.stringify([split, splitSeed, checked]);
  const answers = knownProblems.get(dataset) ?? new Map<string, RadaptError | null>();
  knownProblems.set(dataset, answers);
  if (!answers.has(key)) answers.set(key, trySplits(dataset, { split, splitSeed, regimes: checked }));
  return answers.get(key) ?? null;
}

function mostShots(regimes: readonly Regime[]): Regime[] {
  const most = new Map<string | undefined, ShotRegime>();
  for (const regime of regimes) {
    if (regime === "full") continue;
    const known = most.get(regime.scenario);
    if (!known || known.shots < regime.shots) most.set(regime.scenario, regime);
  }
  return most.size > 0 ? [...most.values()] : regimes.slice(0, 1);
}

/** Problems of the split and of the amounts of training data. */
export function fitProblems(dataset: DatasetRow, fit: Fit): { split?: string; regimes?: string } {
  const problem = firstProblem(dataset, fit);
  if (!problem) return {};
  const { remedy, got } = problem.parts;
  const text = [problem.title, got && `There are ${got}.`, remedy].filter(Boolean).join(" ");
  return problem.code.startsWith("shots.") ? { regimes: text } : { split: text };
}

/** True for a method that some backbones do not support, which only their files tell. */
export const mayMisfit = (methodId: string): boolean => methodMeta(methodId)?.needs !== undefined;

/** A chosen backbone, and what its file contains; undefined until the file was read. */
export interface ChosenBackbone {
  name: BackboneRow["name"];
  info: Pick<ModelInfo, "lacks"> | undefined;
}

/**
 * Why a method cannot train on the chosen backbones, as far as their files were read; null if it
 * can.
 */
export function misfitProblem(methodId: string, backbones: readonly ChosenBackbone[]): string | null {
  const need = methodMeta(methodId)?.needs;
  const found = backbones.flatMap(({ name, info }) => {
    const reason = need && info?.lacks[need];
    return reason ? [`${name} (it has ${reason})`] : [];
  });
  if (found.length === 0) return null;
  const method = methodMeta(methodId)?.label ?? methodId;
  return `${method} cannot be trained on ${found.join(", ")}: remove the method or the backbone.`;
}
