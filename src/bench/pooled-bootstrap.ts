/**
 * A patient-level bootstrap interval of one run group's metric, from the predictions of all its
 * folds together.
 */
import { assert } from "../base";
import { metricOf } from "./metrics";
import { poolsOf } from "./pools";
import type { RunRecord } from "./record";
import { groupRuns } from "./run-groups";
import { type BootstrapInterval, type BootstrapOptions, patientBootstrap } from "./stats";

/**
 * Computes the metric on each pool of out-of-fold predictions (pools.ts) and averages over pools.
 * One resample of patients applies to all pools. It leaves out an image unless every pool has it,
 * e.g. where a fold is missing.
 *
 * The interval speaks of these fitted models on new patients. It ignores the luck of the training
 * images, so it is no interval of a method's expected performance.
 *
 * @param records of one run group: they differ in part and seed only
 * @throws Error (a defect) for records of several groups
 */
export function pooledBootstrap(
  records: readonly RunRecord[],
  metric: string,
  options: BootstrapOptions,
): BootstrapInterval {
  const groups = groupRuns(records);
  assert(groups.length === 1, `pooledBootstrap got ${groups.length} groups; one expected`);
  const pools = poolsOf(groups[0].records).map(
    ({ predictions }) => new Map(predictions.map((prediction) => [prediction.image, prediction])),
  );
  const items = [...pools[0].values()].filter(({ image }) => pools.every((pool) => pool.has(image)));
  const probabilities = pools.map((pool) => items.map(({ image }) => pool.get(image)!.probabilities));
  const classes = records[0].dataset.classes.length;
  const { compute } = metricOf(metric);
  return patientBootstrap(
    items,
    (indices) => {
      const truth = Array.from(indices, (i) => items[i].truth);
      const values = probabilities.map((of) =>
        compute({ truth, probabilities: Array.from(indices, (i) => of[i]), classes }),
      );
      return values.reduce((sum, value) => sum + value, 0) / values.length;
    },
    options,
  );
}
