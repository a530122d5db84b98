/**
 * The difference of two ROC areas on the same images: DeLong et al. 1988 (doi:10.2307/2531595) by
 * the fast algorithm of Sun & Xu 2014 (doi:10.1109/LSP.2014.2337313), with the variance of
 * Obuchowski 1997 (doi:10.2307/2533958) for several images of one patient. With one image per
 * patient the latter is DeLong's.
 */
import { groupBy } from "../../base/group-by";
import { normalQuantile, normalTwoSided } from "./special";
import type { Interval } from "./summary";

export interface ScoredImage {
  patient: string;
  /** Whether the image is of the positive class. */
  positive: boolean;
  /** Scores of the two models. */
  a: number;
  b: number;
}

export interface AucDifference extends Interval {
  aucA: number;
  aucB: number;
  /** a − b. */
  difference: number;
  /** Two-sided p-value of no difference. Like the bounds NaN where the variance is 0. */
  p: number;
  patients: number;
}

/** All is NaN where a class is absent or of one patient only. */
export function aucDifference(images: readonly ScoredImage[], level = 0.95): AucDifference {
  const [a, b] = [components(images, (image) => image.a), components(images, (image) => image.b)];
  const patients = [
    ...groupBy(
      images.map((image, i) => ({ image, i })),
      ({ image }) => image.patient,
    ).values(),
  ];
  const sums = patients.map((own) => {
    const sum = (of: Components, positive: boolean) =>
      own.reduce((total, { image, i }) => total + (image.positive === positive ? of.values[i] - of.auc : 0), 0);
    return { positive: sum(a, true) - sum(b, true), negative: sum(a, false) - sum(b, false) };
  });
  const difference = a.auc - b.auc;
  const variance = clusteredVariance(
    images,
    patients.map((own) => own.map(({ image }) => image)),
    sums,
  );
  const known = variance > VARIANCE_ROUNDING;
  const se = known ? Math.sqrt(variance) : Number.NaN;
  const half = normalQuantile((1 + level) / 2) * se;
  return {
    aucA: a.auc,
    aucB: b.auc,
    difference,
    low: difference - half,
    high: difference + half,
    level,
    p: known ? normalTwoSided(difference / se) : Number.NaN,
    patients: patients.length,
  };
}

/** A variance below it is the rounding of equal scores. */
const VARIANCE_ROUNDING = 1e-24;

/**
 * Variance of the difference: S10/M + S01/N + 2·S11/(M·N) of Obuchowski 1997, over the differences
 * of both models' components. M and N are the numbers of positive and negative images.
 */
function clusteredVariance(
  images: readonly ScoredImage[],
  patients: readonly (readonly ScoredImage[])[],
  sums: readonly { positive: number; negative: number }[],
): number {
  const M = images.filter(({ positive }) => positive).length;
  const N = images.length - M;
  const having = (positive: boolean) =>
    patients.filter((own) => own.some((image) => image.positive === positive)).length;
  const [I10, I01, I] = [having(true), having(false), patients.length];
  if (I10 < 2 || I01 < 2) return Number.NaN;
  const total = (of: (sum: { positive: number; negative: number }) => number) =>
    sums.reduce((sum, each) => sum + of(each), 0);
  const S10 = (I10 / (I10 - 1)) * (total(({ positive }) => positive ** 2) / M);
  const S01 = (I01 / (I01 - 1)) * (total(({ negative }) => negative ** 2) / N);
  const S11 = (I / (I - 1)) * total(({ positive, negative }) => positive * negative);
  return S10 / M + S01 / N + (2 * S11) / (M * N);
}

interface Components {
  auc: number;
  /** Of each image: the share of the other class that it stands on the right side of, ties half. */
  values: number[];
}

/** The structural components, by midranks among all images and within the class. */
function components(images: readonly ScoredImage[], score: (image: ScoredImage) => number): Components {
  const all = midranks(images.map(score));
  const values = new Array<number>(images.length).fill(Number.NaN);
  const own = (positive: boolean) => images.flatMap((image, i) => (image.positive === positive ? [i] : []));
  const [positives, negatives] = [own(true), own(false)];
  for (const [indices, others] of [
    [positives, negatives],
    [negatives, positives],
  ]) {
    const within = midranks(indices.map((i) => score(images[i])));
    indices.forEach((i, k) => {
      const below = (all[i] - within[k]) / others.length;
      values[i] = indices === positives ? below : 1 - below;
    });
  }
  const auc = positives.reduce((sum, i) => sum + values[i], 0) / positives.length;
  return { auc: negatives.length > 0 ? auc : Number.NaN, values };
}

/** Ranks from 1; equal values share the mean of their ranks. */
function midranks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((x, y) => values[x] - values[y]);
  const ranks = new Array<number>(values.length);
  for (let start = 0; start < order.length; ) {
    let end = start;
    while (end < order.length && values[order[end]] === values[order[start]]) end++;
    for (let k = start; k < end; k++) ranks[order[k]] = (start + end + 1) / 2;
    start = end;
  }
  return ranks;
}
