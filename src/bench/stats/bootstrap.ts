/**
 * Percentile bootstrap by patient (Efron & Tibshirani 1993, chapters 13 and 8.3).
 *
 * It draws whole patients with replacement, because several images of one patient are not
 * independent. It draws within strata of patients with the same classes, so that every resample has
 * about the class balance of the data. The interval covers the choice of test patients only: the
 * trained model stays fixed.
 */
import { assert, createPrng, type Prng } from "../../base";
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
  /** The statistic of the original items, without resampling. */
  value: number;
  resamples: number;
  /**
   * Resamples where the statistic is NaN, e.g. because they hold one class only. The interval
   * leaves them out.
   */
  skipped: number;
  patients: number;
}

/**
 * Computes the interval of a statistic. The same seed gives the same interval.
 *
 * @param statistic computes its value from the items at `indices`, which repeat; NaN where
 *   undefined
 * @throws Error (a defect) for fewer than 1,000 resamples
 */
export function patientBootstrap(
  items: readonly BootstrapItem[],
  statistic: (indices: Int32Array) => number,
  { seed, resamples = 2000, level = 0.95 }: BootstrapOptions,
): BootstrapInterval {
  const values: number[] = [];
  for (const indices of patientResamples(items, { seed, resamples })) {
    const value = statistic(indices);
    if (!Number.isNaN(value)) values.push(value);
  }
  return {
    value: statistic(Int32Array.from(items, (_, i) => i)),
    low: quantile(values, (1 - level) / 2),
    high: quantile(values, (1 + level) / 2),
    level,
    resamples,
    skipped: resamples - values.length,
    patients: new Set(items.map(({ patient }) => patient)).size,
  };
}

/**
 * Yields the item indices of each resample; they repeat. The same seed gives the same resamples.
 *
 * @throws Error (a defect) for fewer than 1,000 resamples
 */
function* patientResamples(
  items: readonly BootstrapItem[],
  { seed, resamples = 2000 }: BootstrapOptions,
): Generator<Int32Array> {
  assert(resamples >= 1000, `${resamples} resamples; at least 1,000 for a percentile interval`);
  const strata = strataOf(items);
  const prng = createPrng(seed, "bootstrap");
  const buffer: number[] = [];
  for (let r = 0; r < resamples; r++) {
    buffer.length = 0;
    for (const patients of strata)
      for (let p = 0; p < patients.length; p++) buffer.push(...patients[prng.below(patients.length)]);
    yield Int32Array.from(buffer);
  }
}

/**
 * Draws one resample of whole patients within their strata.
 *
 * @param strata of `strataOf`
 * @param counts [items] receives how often each item is drawn
 */
export function drawPatients(strata: readonly number[][][], prng: Prng, counts: Int32Array): void {
  counts.fill(0);
  for (const patients of strata)
    for (let p = 0; p < patients.length; p++) for (const i of patients[prng.below(patients.length)]) counts[i]++;
}

/** Groups the patients by their set of classes: [stratum][patient][item index]. */
export function strataOf(items: readonly BootstrapItem[]): number[][][] {
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
