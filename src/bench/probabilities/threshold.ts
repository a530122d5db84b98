/**
 * Thresholds of the positive class's probability, chosen on validation images. An image counts as
 * positive where its probability is at least the threshold.
 */
import { thresholdCurve } from "../thresholds";
import { type FitOutcome, fitted, undetermined } from "./fit";

/**
 * - half: 0.5, without any choice
 * - youden: the largest sensitivity + specificity − 1 (Youden 1950,
 *   doi:10.1002/1097-0142(1950)3:1<32::AID-CNCR2820030106>3.0.CO;2-3); the highest threshold among
 *   equals
 * - sensitivity: the highest threshold that reaches the target sensitivity
 * - specificity: the lowest threshold that reaches the target specificity
 */
export type ThresholdRule =
  | { kind: "half" }
  | { kind: "youden" }
  | { kind: "sensitivity"; target: number }
  | { kind: "specificity"; target: number };

export interface OperatingPoint {
  threshold: number;
  /** Share of positive images at or above the threshold; NaN without positive images. */
  sensitivity: number;
  /** Share of negative images below the threshold; NaN without negative images. */
  specificity: number;
}

/** Two-class predictions. */
export interface BinaryPredictions {
  /** [n] 0 or 1. */
  truth: readonly number[];
  /** [n] probability of class 1. */
  p: readonly number[];
}

/** What a threshold reaches on these images. */
export function operatingPoint({ truth, p }: BinaryPredictions, threshold: number): OperatingPoint {
  const share = (label: number, isRight: (value: number) => boolean) => {
    const own = p.filter((_, i) => truth[i] === label);
    return own.length > 0 ? own.filter(isRight).length / own.length : Number.NaN;
  };
  return {
    threshold,
    sensitivity: share(1, (value) => value >= threshold),
    specificity: share(0, (value) => value < threshold),
  };
}

/**
 * Chooses a threshold on validation images, and gives what it reaches on them. Only `half` needs no
 * images of both classes. A target specificity of nearly 1 may lie above every probability; the
 * threshold is then Infinity, and no image counts as positive.
 */
export function chooseThreshold(validation: BinaryPredictions, rule: ThresholdRule): FitOutcome<OperatingPoint> {
  if (rule.kind === "half") return fitted(operatingPoint(validation, 0.5));
  const { truth, p } = validation;
  const probabilities = p.map((value) => [1 - value, value]);
  const { positives, negatives, points } = thresholdCurve({ truth, probabilities, classes: 2 }, 1);
  if (positives === 0 || negatives === 0) return undetermined("The validation images show fewer than two classes.");
  const candidates = points.map(({ threshold, tp, fp }) => ({
    threshold,
    sensitivity: tp / positives,
    specificity: (negatives - fp) / negatives,
  }));
  if (rule.kind === "sensitivity") return fitted(candidates.find(({ sensitivity }) => sensitivity >= rule.target)!);
  if (rule.kind === "specificity") {
    const last = candidates.findLast(({ specificity }) => specificity >= rule.target);
    return fitted(last ?? { threshold: Number.POSITIVE_INFINITY, sensitivity: 0, specificity: 1 });
  }
  const youden = ({ sensitivity, specificity }: OperatingPoint) => sensitivity + specificity;
  return fitted(candidates.reduce((best, point) => (youden(point) > youden(best) ? point : best)));
}
