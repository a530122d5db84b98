/**
 * What thresholds that the validation images chose reach on the test images. Each record chooses on
 * its own validation images, and its threshold applies to its own test images.
 */
import type { RunRecord } from "../record";
import { median } from "../stats";
import { type FitOutcome, fitted, undetermined } from "./fit";
import { classShares } from "./of-record";
import { correctPrior } from "./prior-correction";
import { chooseThreshold, type ThresholdRule } from "./threshold";

export interface PooledOperatingPoint {
  /** Median of the records' thresholds, as a corrected probability where there is one. */
  threshold: number;
  /** Positive test images, and those of them at or above their threshold. */
  positives: number;
  found: number;
  /** Negative test images, and those of them below their threshold. */
  negatives: number;
  cleared: number;
}

/** @param records of one pool and of a two-class outcome, at least one */
export function pooledOperatingPoint(
  records: readonly RunRecord[],
  rule: ThresholdRule,
): FitOutcome<PooledOperatingPoint> {
  const point = { positives: 0, found: 0, negatives: 0, cleared: 0 };
  const thresholds: number[] = [];
  for (const record of records) {
    const validation = record.validationPredictions;
    if (!validation) return undetermined("The runs have no validation images to choose thresholds with.");
    const read = positiveProbability(record);
    const chosen = chooseThreshold({ truth: validation.truth, p: validation.probabilities.map(read) }, rule);
    if (!chosen.result) return undetermined(chosen.reason);
    const { threshold } = chosen.result;
    thresholds.push(threshold);
    for (const { truth, probabilities } of record.predictions) {
      const isAbove = read(probabilities) >= threshold;
      point.positives += truth;
      point.negatives += 1 - truth;
      point.found += truth === 1 && isAbove ? 1 : 0;
      point.cleared += truth === 0 && !isAbove ? 1 : 0;
    }
  }
  return fitted({ threshold: median(thresholds), ...point });
}

/** P(class 1) of a model's output, corrected where that is possible. */
function positiveProbability(record: RunRecord): (output: readonly number[]) => number {
  const { result } = classShares(record);
  return (output) => (result ? correctPrior(output, result.trained, result.data) : output)[1];
}
