/**
 * Decision curve analysis. At the threshold t a person would treat a patient whose risk is at least
 * t, so that one missed case weighs as much as (1 − t)/t needless treatments. The net benefit is in
 * units of true positives per image:
 *
 *   TP/n − FP/n · t/(1 − t)
 *
 * Vickers and Elkin 2006, doi:10.1177/0272989X06295361.
 */
import type { BinaryPredictions } from "./threshold";

export interface NetBenefit {
  /** Probability at which a person would act, in (0, 1). */
  threshold: number;
  /** Treating where the model's probability is at least the threshold. */
  model: number;
  /** Treating everybody: prevalence − (1 − prevalence) · t/(1 − t). */
  all: number;
  /** Treating nobody: 0. */
  none: 0;
}

/** @param thresholds each in (0, 1). @returns NaN benefits without images */
export function decisionCurve({ truth, p }: BinaryPredictions, thresholds: readonly number[]): NetBenefit[] {
  const n = truth.length;
  const prevalence = truth.filter((label) => label === 1).length / n;
  return thresholds.map((threshold) => {
    const odds = threshold / (1 - threshold);
    const positive = (label: number) => p.filter((value, i) => truth[i] === label && value >= threshold).length;
    return {
      threshold,
      model: (positive(1) - positive(0) * odds) / n,
      all: prevalence - (1 - prevalence) * odds,
      none: 0,
    };
  });
}
