/** Describes how the runner chose a setting of a run. */
import type { RunRecord } from "../../bench/record";
import { metricText } from "../ui/format";

const shortNumber = (value: number) => Number(value.toPrecision(2));

/** "C 0.1, chosen among 17 from 0.0001 to 10000 on validation images (loss 0.498)". */
export function penaltyText({ chosen, candidates, innerFolds }: NonNullable<RunRecord["penalty"]>): string {
  const loss = candidates.find(({ C }) => C === chosen)!.valLoss;
  const [first, last] = [candidates[0], candidates[candidates.length - 1]].map(({ C }) => shortNumber(C));
  const by = innerFolds ? `by ${innerFolds}-fold cross-validation of the training images` : "on validation images";
  const among = `${candidates.length} from ${first} to ${last}`;
  return `C ${shortNumber(chosen)}, chosen among ${among} ${by} (loss ${metricText(loss)})`;
}

/**
 * "0.001, chosen among 0.01, 0.001 on validation images (losses 0.562, 0.498)". A rate that
 * diverged has no loss; the text says so.
 */
export function headRatesText({ chosen, candidates }: NonNullable<RunRecord["headRates"]>): string {
  const rates = candidates.map(({ headLr }) => headLr).join(", ");
  const losses = candidates.map(({ valLoss }) => (valLoss === null ? "diverged" : metricText(valLoss))).join(", ");
  return `${chosen}, chosen among ${rates} on validation images (losses ${losses})`;
}

/**
 * "Sharpness β 5.5, chosen among 70 on validation images (loss 0.498)".
 * @param label returns the label of a setting by its key
 */
export function choiceText(
  { chosen, candidates }: NonNullable<RunRecord["choices"]>[number],
  label: (key: string) => string,
): string {
  const settings = Object.entries(chosen).map(([key, value]) => `${label(key)} ${shortNumber(value)}`);
  const isChosen = (s: Readonly<Record<string, number>>) =>
    Object.entries(chosen).every(([key, value]) => s[key] === value);
  const loss = candidates.find((c) => isChosen(c.settings))!.valLoss;
  return `${settings.join(", ")}, chosen among ${candidates.length} on validation images (loss ${metricText(loss)})`;
}
