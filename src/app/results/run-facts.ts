/**
 * The facts of a stored run: its name, its training curve, and the conditions under which it ran.
 */
import { partShortLabel } from "../../bench/protocols";
import type { RunRecord } from "../../bench/record";
import type { RunInput } from "../charts/inputs";
import { type MethodMeta, methodMeta, settingLabel } from "../state/methods";
import { capitalised, count, plural } from "../ui/format";
import { choiceText, headRatesText, penaltyText } from "./choice-text";

export interface RunFact {
  label: string;
  text: string;
  /** True for an identifier, which the screen sets in a monospaced font. */
  isCode?: true;
}

/** E.g. "Fold 1, seed 0". */
export const runName = ({ config: { split, seed } }: RunRecord): string =>
  `${capitalised(partShortLabel(split))}, seed ${seed}`;

/** How the run's method fits its predictor to features; undefined if the method trains in steps. */
export function featureFitOf({
  config: { method },
}: RunRecord): ReturnType<NonNullable<MethodMeta["fit"]>> | undefined {
  return methodMeta(method.id)?.fit?.(method.config);
}

/** The input of the charts of one run; null for a method that has no training. */
export function runInput(run: RunRecord): RunInput | null {
  const fit = featureFitOf(run);
  if (fit?.kind === "training-free") return null;
  const progress = fit ? `${run.epochs} iterations` : `best epoch ${run.bestEpoch} of ${run.epochs}`;
  return { curve: run.curve, unit: fit ? "Iteration" : "Epoch", caption: `${runName(run)}: ${progress}` };
}

export function runFacts(run: RunRecord): RunFact[] {
  const { split, environment } = run;
  const { train, val, test } = split;
  return [
    { label: "Split", text: `${train.length} training, ${val.length} validation, ${test.length} test images` },
    ...trainingFacts(run),
    { label: "Device", text: environment.device },
    { label: "Features", text: environment.featureRuntime },
    { label: "Finished", text: `${run.finishedAt}, Radapt ${environment.radapt}` },
    { label: "Run id", text: run.id, isCode: true },
  ];
}

/** The facts that the record holds about how the method found its predictor. */
function trainingFacts({ config, storedNumbers, choices, penalty, microBatch, headRates }: RunRecord): RunFact[] {
  const meta = methodMeta(config.method.id);
  const labelOf = (key: string) => settingLabel(meta, key);
  const facts: RunFact[] = [];
  if (storedNumbers !== undefined) {
    const text = `None; predicts with ${count(storedNumbers)} numbers from the training images`;
    facts.push({ label: "Training", text });
  }
  for (const choice of choices ?? []) facts.push({ label: "Settings", text: choiceText(choice, labelOf) });
  if (penalty) facts.push({ label: "Penalty", text: penaltyText(penalty) });
  if (microBatch) facts.push({ label: "Passes", text: `${plural(microBatch, "image")} at a time` });
  if (headRates) facts.push({ label: "Head learning rate", text: headRatesText(headRates) });
  return facts;
}
