/**
 * Bands of ROC and precision–recall curves by a bootstrap of whole patients (stats/bootstrap.ts).
 *
 * A band is pointwise: at each place of the axis it holds 95 % of the resampled curves. It speaks
 * of these fitted models on patients like these, and not of the method with other training images.
 */
import { createPrng } from "../base";
import type { Prediction } from "./record";
import { drawPatients, quantile, strataOf } from "./stats";

export type CurveKind = "roc" | "precision-recall";

export interface BandPoint {
  /** False positive rate of a ROC curve, recall of a precision–recall curve. */
  x: number;
  /** Bounds of the true positive rate or of the precision. */
  low: number;
  high: number;
}

export interface BandOptions {
  kind: CurveKind;
  /** Index of the class that counts as positive. */
  positive: number;
  seed?: number;
  /** Default 1,000. */
  resamples?: number;
  level?: number;
}

/** Places of the axis where a band is computed: 0, 0.02, …, 1. */
const PLACES = Array.from({ length: 51 }, (_, i) => i / 50);

/**
 * Computes the band of one curve. It yields after each resample, so that the caller can let other
 * work pass; the last value is the band. Each resample takes time linear in the images.
 *
 * @param predictions of one pool: each image once
 * @returns one point per place; empty where the positives or all others are absent
 */
export function* curveBand(
  predictions: readonly Prediction[],
  { kind, positive, seed = 0, resamples = 1000, level = 0.95 }: BandOptions,
): Generator<undefined, BandPoint[]> {
  const sorted = sortedImages(predictions, positive);
  const strata = strataOf(predictions);
  const prng = createPrng(seed, "curve-band");
  const counts = new Int32Array(predictions.length);
  const values: number[][] = PLACES.map(() => []);
  for (let r = 0; r < resamples; r++) {
    drawPatients(strata, prng, counts);
    const curve = curveAt(sorted, counts, kind);
    if (curve) for (let place = 0; place < PLACES.length; place++) values[place].push(curve[place]);
    yield;
  }
  if (values[0].length === 0) return [];
  const bound = (at: number[], q: number) => quantile(at, q);
  return PLACES.map((x, place) => ({
    x,
    low: bound(values[place], (1 - level) / 2),
    high: bound(values[place], (1 + level) / 2),
  }));
}

/** Images in descending order of their score, in groups of equal scores. */
interface SortedImages {
  /** [n] index of the image in the predictions. */
  index: Int32Array;
  /** [n] true at the last image of each group of equal scores. */
  endsGroup: boolean[];
  /** [n] true for a positive image. */
  isPositive: boolean[];
}

function sortedImages(predictions: readonly Prediction[], positive: number): SortedImages {
  const scores = Float64Array.from(predictions, ({ probabilities }) => probabilities[positive]);
  const index = Int32Array.from(predictions, (_, i) => i).sort((a, b) => scores[b] - scores[a]);
  return {
    index,
    endsGroup: Array.from(index, (i, at) => at + 1 === index.length || scores[index[at + 1]] !== scores[i]),
    isPositive: Array.from(index, (i) => predictions[i].truth === positive),
  };
}

/** [places] one resample's curve; null where it lacks positives or negatives. */
function curveAt(sorted: SortedImages, counts: Int32Array, kind: CurveKind): Float64Array | null {
  const totals = [0, 0];
  for (let at = 0; at < sorted.index.length; at++) totals[sorted.isPositive[at] ? 1 : 0] += counts[sorted.index[at]];
  const [negatives, positives] = totals;
  if (positives === 0 || negatives === 0) return null;
  const out = new Float64Array(PLACES.length);
  let place = 0;
  let [tp, fp, tpBefore, fpBefore] = [0, 0, 0, 0];
  for (let at = 0; at < sorted.index.length; at++) {
    if (sorted.isPositive[at]) tp += counts[sorted.index[at]];
    else fp += counts[sorted.index[at]];
    if (!sorted.endsGroup[at] || (tp === tpBefore && fp === fpBefore)) continue;
    if (kind === "roc") {
      // The curve is a line between two points. At a vertical step the upper end counts.
      for (; place < PLACES.length && PLACES[place] * negatives < fp; place++) {
        const share = (PLACES[place] * negatives - fpBefore) / (fp - fpBefore);
        out[place] = (tpBefore + share * (tp - tpBefore)) / positives;
      }
    } else {
      // The precision at the first threshold that reaches the recall, as in average precision.
      for (; place < PLACES.length && PLACES[place] * positives <= tp; place++) out[place] = tp / (tp + fp);
    }
    [tpBefore, fpBefore] = [tp, fp];
  }
  out.fill(kind === "roc" ? 1 : positives / (positives + negatives), place);
  return out;
}
