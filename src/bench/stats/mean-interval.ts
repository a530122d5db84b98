/**
 * The mean of a metric over folds × seeds with an interval.
 *
 * Runs of one cross-validation are not independent: their training sets overlap, and seeds of one
 * fold share its test images. The plain t interval takes them as independent and is too narrow.
 * Nadeau & Bengio 2003 (doi:10.1023/A:1024068626366) replace the variance s²/n of the mean by (1/n
 * + n_test/n_train)·s²; for r times repeated k-fold cross-validation n_test/n_train = 1/(k − 1)
 * (Bouckaert & Frank 2004, doi:10.1007/978-3-540-24775-3_3). That corrected interval is the one
 * shown. Limits: it is an approximation, conservative when training sets barely overlap (few shots;
 * the ratio there stays that of the folds); it speaks of new splits of the same patients, not of
 * another hospital; it is symmetric and may pass a metric's bound; with one fold it shows the
 * seeds' spread alone.
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

/** Mean and t interval of independent values: (1/n)·s². Values that are NaN are left out. */
export function plainInterval(values: readonly number[], level = 0.95): MeanInterval {
  return interval(values, 0, level);
}

/**
 * Mean and corrected resampled t interval of values from cross-validation, repeated or not.
 * Values that are NaN (a class absent from the test images) are left out.
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
