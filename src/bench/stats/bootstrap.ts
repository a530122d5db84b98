/**
 * Percentile bootstrap by patient: whole patients are drawn with replacement, so that several
 * images of one patient do not pass for several patients, and within strata of equal outcome, so
 * that every resample keeps the class balance. Efron & Tibshirani 1993, chapters 13 and 8.3. It
 * speaks of the test patients only: the trained model is held fixed.
 */
import { assert, createPrng } from "../../base";
import { type Interval, quantile } from "./summary";

export interface BootstrapItem {
  patient: string;
  /** Class index. */
  truth: number;
}

export interface BootstrapOptions {
  seed: number;
  /** At least 1,000; default 2,000. */
  resamples?: number;
  level?: number;
}

export interface BootstrapInterval extends Interval {
  /** The statistic of the data themselves. */
  value: number;
  resamples: number;
  /**
   * Resamples where the statistic is undefined, e.g. of one class only; they do not enter the
   * interval.
   */
  skipped: number;
  patients: number;
}

/**
 * @param statistic of the items at `indices` (with repeats); NaN where undefined
 */
export function patientBootstrap(
  items: readonly BootstrapItem[],
  statistic: (indices: Int32Array) => number,
  { seed, resamples = 2000, level = 0.95 }: BootstrapOptions,
): BootstrapInterval {
  assert(resamples >= 1000, `${resamples} resamples; at least 1,000 for a percentile interval`);
  const strata = strataOf(items);
  const prng = createPrng(seed, "bootstrap");
  const values: number[] = [];
  const buffer: number[] = [];
  for (let r = 0; r < resamples; r++) {
    buffer.length = 0;
    for (const patients of strata)
      for (let p = 0; p < patients.length; p++) buffer.push(...patients[prng.below(patients.length)]);
    const value = statistic(Int32Array.from(buffer));
    if (!Number.isNaN(value)) values.push(value);
  }
  return {
    value: statistic(Int32Array.from(items, (_, i) => i)),
    low: quantile(values, (1 - level) / 2),
    high: quantile(values, (1 + level) / 2),
    level,
    resamples,
    skipped: resamples - values.length,
    patients: strata.reduce((sum, patients) => sum + patients.length, 0),
  };
}

/** Strata of patients with the same set of classes: [stratum][patient][item index]. */
function strataOf(items: readonly BootstrapItem[]): number[][][] {
  const patients = new Map<string, number[]>();
  items.forEach((item, i) => {
    const own = patients.get(item.patient);
    if (own) own.push(i);
    else patients.set(item.patient, [i]);
  });
  const strata = new Map<string, number[][]>();
  for (const indices of patients.values()) {
    const key = [...new Set(indices.map((i) => items[i].truth))].sort((a, b) => a - b).join();
    const own = strata.get(key);
    if (own) own.push(indices);
    else strata.set(key, [indices]);
  }
  return [...strata.values()];
}
