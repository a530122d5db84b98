/**
 * The mean of a metric over folds × seeds, with an interval.
 *
 * Runs of one cross-validation are not independent: their training sets overlap, and all seeds of
 * one fold share its test images. The plain t interval assumes independence, so it is too narrow.
 * Nadeau & Bengio 2003 (doi:10.1023/A:1024068626366) replace the variance of the mean, s²/n, by
 * (1/n + n_test/n_train)·s². For repeated k-fold cross-validation, n_test/n_train = 1/(k − 1)
 * (Bouckaert & Frank 2004, doi:10.1007/978-3-540-24775-3_3). The app shows this corrected interval.
 *
 * Its limits:
 * - It is an approximation. With few shots it is conservative, because the training sets hardly
 *   overlap while the ratio stays that of the folds.
 * - It covers new splits of the same patients, not patients of another hospital.
 * - It is symmetric, so it can exceed the bounds of a metric.
 * - With one fold it shows only how much the seeds differ.
 */
import { studentQuantile } from "./special";
import { type Interval, mean, standardDeviation } from "./summary";

export interface MeanInterval extends Interval {
  mean: number;
  /** Standard deviation over runs (n − 1); NaN for one run. */
  sd: number;
  /** Runs with a defined value. */
  n: number;
}

/**
 * Mean and t interval of independent values; the variance of the mean is s²/n. It leaves NaN out.
 */
export function plainInterval(values: readonly number[], level = 0.95): MeanInterval {
  return interval(values, 0, level);
}

/**
 * Mean and corrected resampled t interval of values from cross-validation, repeated or not. It
 * leaves NaN out: a metric is NaN where the test images lack a class.
 *
 * @param testOverTrain n_test / n_train of one run: 1 / (k − 1) for k folds
 */
export function correctedInterval(values: readonly number[], testOverTrain: number, level = 0.95): MeanInterval {
  return interval(values, testOverTrain, level);
}

function interval(values: readonly number[], testOverTrain: number, level: number): MeanInterval {
  const defined = values.filter((value) => !Number.isNaN(value));
  const n = defined.length;
  const centre = mean(defined);
  const sd = standardDeviation(defined);
  const half = n < 2 ? Number.NaN : studentQuantile((1 + level) / 2, n - 1) * sd * Math.sqrt(1 / n + testOverTrain);
  return { mean: centre, sd, n, low: centre - half, high: centre + half, level };
}
