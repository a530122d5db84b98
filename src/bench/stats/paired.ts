/**
 * Compares two methods over the parts and seeds that both have, by the corrected resampled t-test
 * (Nadeau & Bengio 2003). `mean-interval.ts` says what its interval covers.
 */
import { correctedInterval, type MeanInterval } from "./mean-interval";
import { studentTwoSided } from "./special";

export interface PairedDifference extends MeanInterval {
  /** Two-sided p-value of the hypothesis "no difference"; NaN for fewer than two pairs. */
  p: number;
}

/**
 * Gives the mean of a − b with its interval and p-value. It leaves out pairs with a NaN. When all
 * differences are equal, the interval has no width, and p is 1 if they are 0, else 0. With few
 * pairs such a p is no evidence.
 *
 * @param a values of one method
 * @param b values of the other method; b[i] has the part and seed of a[i]
 * @param testOverTrain n_test / n_train of one run: 1 / (k − 1) for k folds
 */
export function pairedDifference(
  a: readonly number[],
  b: readonly number[],
  testOverTrain: number,
  level = 0.95,
): PairedDifference {
  const result = correctedInterval(
    a.map((value, i) => value - b[i]),
    testOverTrain,
    level,
  );
  const { n, mean, sd } = result;
  if (n < 2) return { ...result, p: Number.NaN };
  if (sd === 0) return { ...result, p: mean === 0 ? 1 : 0 };
  return { ...result, p: studentTwoSided(mean / (sd * Math.sqrt(1 / n + testOverTrain)), n - 1) };
}

/** Holm's step-down adjustment of p-values (Holm 1979). NaN stays NaN and does not count. */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues.map((p, i) => ({ p, i })).filter(({ p }) => !Number.isNaN(p));
  order.sort((x, y) => x.p - y.p);
  const adjusted = pValues.map(() => Number.NaN);
  let least = 0;
  order.forEach(({ p, i }, rank) => {
    least = Math.max(least, Math.min(1, p * (order.length - rank)));
    adjusted[i] = least;
  });
  return adjusted;
}
