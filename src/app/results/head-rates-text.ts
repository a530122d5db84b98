/** How the head's learning rate of a run was chosen, in words. */
import type { RunRecord } from "../../bench/record";
import { metricValue } from "../ui/format";

/** "C 0.1, chosen among 17 from 0.0001 to 10000 on validation images (loss 0.498)". */
export function penaltyText({ chosen, candidates }: NonNullable<RunRecord["penalty"]>): string {
  const short = (C: number) => Number(C.toPrecision(2));
  const loss = candidates.find(({ C }) => C === chosen)!.valLoss;
  const [first, last] = [candidates[0], candidates[candidates.length - 1]].map(({ C }) => short(C));
  return `C ${short(chosen)}, chosen among ${candidates.length} from ${first} to ${last} on validation images (loss ${metricValue(loss)})`;
}

/** "0.001, chosen among 0.01, 0.001 on validation images (losses 0.562, 0.498)"; a rate that diverged says so. */
export function headRatesText({ chosen, candidates }: NonNullable<RunRecord["headRates"]>): string {
  const rates = candidates.map(({ headLr }) => headLr).join(", ");
  const losses = candidates.map(({ valLoss }) => (valLoss === null ? "diverged" : metricValue(valLoss))).join(", ");
  return `${chosen}, chosen among ${rates} on validation images (losses ${losses})`;
}
