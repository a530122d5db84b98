/** Estimates how long a plan will take from the time of earlier runs. */
import type { RunConfig, RunRecord } from "../../bench/record";
import { createEstimator } from "../../runner/eta";

const backboneMethodKey = ({ backbone, method }: RunConfig) => `${backbone.sha256} ${method.id}`;

/**
 * Time that these runs take together, ms, estimated from the stored runs of this device. Null if
 * the device has not yet trained one of their backbones with its method.
 */
export function expectedTime(
  runs: readonly RunConfig[],
  records: readonly RunRecord[],
  device: string | undefined,
): number | null {
  const own = records.filter(({ environment }) => environment.device === device);
  const known = new Set(own.map(({ config }) => backboneMethodKey(config)));
  if (runs.length === 0 || !runs.every((config) => known.has(backboneMethodKey(config)))) return null;
  const estimator = createEstimator();
  for (const { config, wallMs } of own) estimator.done(config, wallMs);
  return estimator.left(runs);
}
