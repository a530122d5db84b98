/**
 * The difference of two methods over the test parts that both have: the corrected resampled t-test
 * of Nadeau & Bengio 2003. See mean-interval.ts for what its interval does and does not cover.
 */
import { type CorrectionOptions, correctedInterval, type MeanInterval } from "./mean-interval";
import { studentQuantile, studentTwoSided } from "./special";

export interface PairedDifference extends MeanInterval {
  /** Two-sided p-value of no difference; NaN where there is no interval. */
  p: number;
}

/**
 * Mean of a − b with its interval and p-value. Pairs with a NaN are left out. Where all differences
 * are equal there is neither interval nor p-value: their spread says nothing of chance.
 *
 * @param a values of one method; b[i] is of the same part
 */
export function pairedDifference(
  a: readonly number[],
  b: readonly number[],
  options: CorrectionOptions,
): PairedDifference {
  const result = correctedInterval(
    a.map((value, i) => value - b[i]),
    options,
  );
  const { n, df, mean, sd } = result;
  if (Number.isNaN(df)) return { ...result, p: Number.NaN };
  return { ...result, p: studentTwoSided(mean / (sd * Math.sqrt(1 / n + options.testOverTrain)), df) };
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

/**
 * The true difference that a two-sided test of this precision finds with probability `power`:
 * (t_{(1+level)/2} + t_{power})·SE, the usual approximation of the noncentral t. NaN where there is
 * no interval.
 */
export function detectableDifference(interval: MeanInterval, atLevel = interval.level, power = 0.8): number {
  const { df } = interval;
  if (Number.isNaN(df)) return Number.NaN;
  return (studentQuantile((1 + atLevel) / 2, df) + studentQuantile(power, df)) * standardError(interval);
}

/** The standard error behind a t interval; NaN where there is no interval. */
export function standardError({ low, high, level, df }: MeanInterval): number {
  return Number.isNaN(df) ? Number.NaN : (high - low) / 2 / studentQuantile((1 + level) / 2, df);
}
