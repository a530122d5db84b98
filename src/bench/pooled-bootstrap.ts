/**
 * A patient-level bootstrap interval of one run group's metric, from the predictions of all its
 * folds together.
 */
import { assert } from "../base";
import { metricOf } from "./metrics";
import type { Prediction, RunRecord } from "./record";
import { groupRuns } from "./run-groups";
import { type BootstrapInterval, type BootstrapOptions, patientBootstrap } from "./stats";

/**
 * Pools each seed's out-of-fold predictions, computes the metric on each pool and averages over
 * seeds. One resample of patients applies to all seeds. It leaves out an image unless every seed
 * predicted it, e.g. where a fold is missing. A pool compares probabilities of models of different
 * folds, so ranking metrics can differ from the mean over folds.
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
  const seeds = new Map<number, Map<string, Prediction>>();
  for (const { config, predictions } of groups[0].records) {
    const pool = seeds.get(config.seed) ?? new Map<string, Prediction>();
    for (const prediction of predictions) pool.set(prediction.image, prediction);
    seeds.set(config.seed, pool);
  }
  const pools = [...seeds.values()];
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
