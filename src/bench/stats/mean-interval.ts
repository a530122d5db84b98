/**
 * The mean of a metric over test parts with an interval.
 *
 * Parts of one cross-validation are not independent: their training sets overlap, and another
 * partition tests the same patients again. The plain t interval takes them as independent and is
 * too narrow. Nadeau & Bengio 2003 (doi:10.1023/A:1024068626366) replace the variance s²/n of the
 * mean by (1/n + n_test/n_train)·s², with the numbers of images that a run tests and trains on.
 * That corrected interval is the one shown.
 *
 * Further partitions make the estimate of s² steadier, yet not as steady as new patients would:
 * with n − 1 degrees of freedom the interval of five partitions covers too rarely. Two parts' worth
 * of partitions is what the simulation (bench/simulation) shows to hold, see `degreesOfFreedom`.
 *
 * Limits: it speaks of new patients of the same kind, not of another hospital; it is symmetric and
 * may pass a metric's bound.
 */
import { studentQuantile } from "./special";
import { type Interval, mean, standardDeviation } from "./summary";

export interface MeanInterval extends Interval {
  mean: number;
  /** Standard deviation over values (n − 1); NaN for one value, 0 where all are equal. */
  sd: number;
  /** Values that are defined. */
  n: number;
  /** Degrees of freedom of the t quantile. */
  df: number;
}

export interface CorrectionOptions {
  /** n_test / n_train of one run. */
  testOverTrain: number;
  /** Partitions that the values come from; default 1. */
  repeats?: number;
  level?: number;
}

/**
 * Mean and t interval of independent values; the variance of the mean is s²/n. It leaves NaN out.
 */
export function plainInterval(values: readonly number[], level = 0.95): MeanInterval {
  return interval(values, { testOverTrain: 0, level });
}

/**
 * Mean and corrected resampled t interval of values from cross-validation, repeated or not, one per
 * test part. Values that are NaN (a class absent from the test images) are left out.
 */
export function correctedInterval(values: readonly number[], options: CorrectionOptions): MeanInterval {
  return interval(values, options);
}

/** n − 1 for one partition; for more, at most twice what one of them has. */
export function degreesOfFreedom(n: number, repeats: number): number {
  return Math.min(n - 1, Math.max(1, 2 * (n / repeats - 1)));
}

/**
 * Below this share of the largest value a standard deviation is the rounding of equal values, which
 * an interval must not take for evidence.
 */
const SPREAD_ROUNDING = 1e-12;

function interval(
  values: readonly number[],
  { testOverTrain, repeats = 1, level = 0.95 }: CorrectionOptions,
): MeanInterval {
  const defined = values.filter((value) => !Number.isNaN(value));
  const n = defined.length;
  const centre = mean(defined);
  const spread = standardDeviation(defined);
  const scale = Math.max(...defined.map(Math.abs));
  const sd = spread <= SPREAD_ROUNDING * Math.max(1, scale) ? 0 : spread;
  if (n < 2 || sd === 0) return { mean: centre, sd, n, df: Number.NaN, low: Number.NaN, high: Number.NaN, level };
  const df = degreesOfFreedom(n, repeats);
  const half = studentQuantile((1 + level) / 2, df) * sd * Math.sqrt(1 / n + testOverTrain);
  return { mean: centre, sd, n, df, low: centre - half, high: centre + half, level };
}
