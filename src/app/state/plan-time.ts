/** How long a plan will take, told before Start by what earlier runs took. */
import type { RunConfig, RunRecord } from "../../bench/record";
import { createEstimator } from "../../runner/eta";

const pairOf = ({ backbone, method }: RunConfig) => `${backbone.sha256} ${method.id}`;

/**
 * ms that these runs take together, by the stored runs of this device; null where one of their backbones has not been
 * trained with its method there.
 */
export function expectedTime(
  runs: readonly RunConfig[],
  records: readonly RunRecord[],
  device: string | undefined,
): number | null {
  const own = records.filter(({ environment }) => environment.device === device);
  const known = new Set(own.map(({ config }) => pairOf(config)));
  if (runs.length === 0 || !runs.every((config) => known.has(pairOf(config)))) return null;
  const estimator = createEstimator();
  for (const { config, wallMs } of own) estimator.done(config, wallMs);
  return estimator.left(runs);
}
