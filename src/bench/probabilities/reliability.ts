/**
 * The reliability diagram: the mean probability and the observed share of the outcome in bins of
 * about equal numbers of images. Bröcker and Smith 2007, doi:10.1175/WAF993.1.
 */
import { createPrng } from "../../base";
import {
  type BootstrapOptions,
  drawPatients,
  type Interval,
  normalUpperTail,
  quantile,
  strataOf,
  studentQuantile,
  wilsonInterval,
} from "../stats";
import type { BinaryPredictions } from "./threshold";

export interface ReliabilityBin extends Interval {
  /** Mean probability of the images in the bin. */
  mean: number;
  /** Share of them with the outcome. */
  observed: number;
  images: number;
  patients: number;
}

export interface ReliabilityInput extends BinaryPredictions {
  /** [n] */
  patients: readonly string[];
}

/** The number of bins that leaves about 20 images in each: at least 2, at most 10. */
export const binCount = (images: number): number => Math.min(10, Math.max(2, Math.floor(images / 20)));

/**
 * Bins between quantiles of the probabilities, as scikit-learn's `calibration_curve` with
 * `strategy="quantile"`. Equal probabilities are in one bin, so that there may be fewer bins.
 *
 * The band of a bin is an expanded percentile bootstrap by patient with the bins kept. Where no
 * image or every image of a bin has the outcome, each resample gives the same share; Wilson's
 * interval with the bin's patients as trials stands there instead. In a simulation the bands held
 * the true share in 94 to 97 % of the bins for 30 to 200 patients.
 */
export function reliabilityBins(
  { truth, p, patients }: ReliabilityInput,
  bins: number,
  { seed, resamples = 1000, level = 0.95 }: BootstrapOptions,
): ReliabilityBin[] {
  const binOf = binsByQuantile(p, bins);
  const strata = strataOf(truth.map((label, i) => ({ truth: label, patient: patients[i] })));
  const shares = Array.from({ length: bins }, (): number[] => []);
  const prng = createPrng(seed, "reliability");
  const counts = new Int32Array(truth.length);
  for (let r = 0; r < resamples; r++) {
    drawPatients(strata, prng, counts);
    const [events, images] = [new Float64Array(bins), new Float64Array(bins)];
    counts.forEach((count, i) => {
      events[binOf[i]] += count * truth[i];
      images[binOf[i]] += count;
    });
    images.forEach((count, bin) => count > 0 && shares[bin].push(events[bin] / count));
  }
  return shares.flatMap((own, bin) => {
    const members = binOf.flatMap((of, i) => (of === bin ? [i] : []));
    if (members.length === 0) return [];
    const mean = (values: readonly number[]) => members.reduce((sum, i) => sum + values[i], 0) / members.length;
    const observed = mean(truth);
    const count = new Set(members.map((i) => patients[i])).size;
    const varies = observed > 0 && observed < 1 && count > 1;
    const tail = varies ? expandedTail(count, level) : Number.NaN;
    const { low, high } = varies
      ? { low: quantile(own, tail), high: quantile(own, 1 - tail) }
      : wilsonInterval(observed * count, count, level);
    return [{ mean: mean(p), observed, low, high, level, images: members.length, patients: count }];
  });
}

/**
 * The tail that the expanded percentile interval cuts off, less than (1 − level)/2: plain
 * percentiles are too narrow for few patients. Hesterberg 2015, doi:10.1080/00031305.2015.1089789,
 * section 5.3.
 */
const expandedTail = (patients: number, level: number): number =>
  normalUpperTail(Math.sqrt(patients / (patients - 1)) * studentQuantile((1 + level) / 2, patients - 1));

/** [n] bin of each value: the number of inner edges below it. */
function binsByQuantile(values: readonly number[], bins: number): number[] {
  const edges = Array.from({ length: bins - 1 }, (_, k) => quantile(values, (k + 1) / bins));
  return values.map((value) => edges.filter((edge) => edge < value).length);
}
