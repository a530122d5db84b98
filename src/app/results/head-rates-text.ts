/** How the head's learning rate of a run was chosen, in words. */
import type { RunRecord } from "../../bench/record";
import { metricValue } from "../ui/format";

/** "0.001, chosen among 0.01, 0.001 on validation images (losses 0.562, 0.498)"; a rate that diverged says so. */
export function headRatesText({ chosen, candidates }: NonNullable<RunRecord["headRates"]>): string {
  const rates = candidates.map(({ headLr }) => headLr).join(", ");
  const losses = candidates.map(({ valLoss }) => (valLoss === null ? "diverged" : metricValue(valLoss))).join(", ");
  return `${chosen}, chosen among ${rates} on validation images (losses ${losses})`;
}
