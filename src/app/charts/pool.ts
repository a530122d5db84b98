/** Pools the predictions of the runs of one table row. */
import type { MetricInput } from "../../bench/metric";
import type { RunSplit } from "../../bench/protocols";
import type { Prediction, RunRecord } from "../../bench/record";

export interface PooledPrediction extends Prediction {
  split: RunSplit;
  seed: number;
}

/** Every prediction of the records with the part and seed it comes from. */
export function poolPredictions(records: readonly RunRecord[]): PooledPrediction[] {
  return records.flatMap((r) => r.predictions.map((p) => ({ ...p, split: r.config.split, seed: r.config.seed })));
}

export function metricInput(records: readonly RunRecord[]): MetricInput {
  const all = poolPredictions(records);
  return {
    truth: all.map((p) => p.truth),
    probabilities: all.map((p) => p.probabilities),
    classes: records[0]?.dataset.classes.length ?? 2,
  };
}

/**
 * The classes that have a curve: of two classes the positive one, else each class against the rest.
 */
export function curveClasses(records: readonly RunRecord[]): { index: number; name: string }[] {
  const classes = records[0]?.dataset.classes ?? [];
  const all = classes.map((name, index) => ({ index, name }));
  return classes.length === 2 ? all.slice(1) : all;
}

/**
 * True if some class has images of its own and of the rest, which a curve needs. Otherwise the
 * reason why there is no curve.
 */
export function needsBothClasses(records: readonly RunRecord[]): true | string {
  const all = poolPredictions(records);
  const hasBoth = ({ index }: { index: number }) => {
    const positives = all.filter(({ truth }) => truth === index).length;
    return positives > 0 && positives < all.length;
  };
  return curveClasses(records).some(hasBoth) || "No predictions with both classes yet.";
}
