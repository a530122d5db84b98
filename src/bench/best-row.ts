/**
 * The figure of the best row, corrected for having been chosen as the best: bootstrap bias
 * corrected cross-validation (BBC-CV), Tsamardinos et al. 2018, doi:10.1007/s10994-018-5714-4.
 *
 * Whoever looks at twelve methods and quotes the best one quotes its luck with these patients too.
 * BBC-CV repeats the choice: it draws patients with replacement, chooses the best method on the
 * drawn ones, and measures it on the others. It trains no model again: the stored out-of-fold
 * predictions suffice.
 *
 * The patients that are not drawn are about 37 % of all. A metric that few images bias, such as
 * average precision, would be off by that. The mean over all methods shows by how much: it is the
 * same metric without any choice, on all patients and on those that are not drawn. The correction
 * takes this difference off.
 */

import { createPrng } from "../base";
import { fixedText } from "../base/number-text";
import { summariseMetric } from "./aggregate";
import type { Metric } from "./metric";
import { poolsOf } from "./pools";
import { withCorrectedProbabilities } from "./probabilities/of-record";
import type { Prediction } from "./record";
import type { RunGroup } from "./run-groups";
import { drawPatients, mean, strataOf } from "./stats";

export interface BestRow<Group extends RunGroup> {
  /** The group with the best value among all. */
  group: Group;
  /** Its value as the table shows it. */
  shown: number;
  /** What `shown` exceeds the corrected value by, in the direction of better; about 0 or more. */
  optimism: number;
  /** `shown` without the optimism. */
  corrected: number;
  /** Groups that were to choose from. */
  candidates: number;
  patients: number;
  /** Resamples where the metric is defined. */
  resamples: number;
}

export interface BestRowOptions {
  seed?: number;
  /** Default 500, or 200 where the predictions are many. */
  resamples?: number;
}

/**
 * The correction is simulated for this many patients and more, so that with fewer nothing is said.
 */
const FEWEST_PATIENTS = 40;

/** Predictions of all candidates and resamples together above which fewer resamples are drawn. */
const MANY = 2e7;

/**
 * Corrects the best of several groups that tested the same images. It yields after each candidate
 * of each resample, so that the caller can let other work pass.
 *
 * @param groups of one split and one amount of data, all with records
 * @returns null for fewer than two groups with a value, where two share the best one, where they
 *   share no images, and for too few patients
 */
export function* correctedBest<Group extends RunGroup>(
  groups: readonly Group[],
  metric: Metric,
  { seed = 0, resamples }: BestRowOptions = {},
): Generator<undefined, BestRow<Group> | null> {
  const sign = metric.direction === "higher" ? 1 : -1;
  const rows = groups
    .map((group) => ({ group, shown: summariseMetric(group, metric.id).mean }))
    .filter(({ shown }) => !Number.isNaN(shown));
  if (rows.length < 2) return null;
  const best = rows.reduce((most, row) => (sign * row.shown > sign * most.shown ? row : most));
  const { items, candidates } = sharedPredictions(
    rows.map(({ group }) => group),
    metric,
  );
  if (rows.filter(({ shown }) => shown === best.shown).length > 1) return null;
  if (new Set(items.map(({ patient }) => patient)).size < FEWEST_PATIENTS) return null;
  const valueOn = evaluator(metric, items, best.group.records[0].dataset.classes.length);
  const counts = new Int32Array(items.length).fill(1);
  const all = indicesByCount(counts);
  const plain = candidates.map((pools) => valueOn(pools, all));
  const work = 500 * items.length * candidates.reduce((sum, pools) => sum + pools.length, 0);
  const draws = resamples ?? (work > MANY ? 200 : 500);

  const strata = strataOf(items);
  const prng = createPrng(seed, "best-row");
  const chosen: number[] = [];
  const everyone: number[] = [];
  for (let r = 0; r < draws; r++) {
    drawPatients(strata, prng, counts);
    const drawn = indicesByCount(counts);
    const left = all.filter((i) => counts[i] === 0);
    let top = Number.NaN;
    let ofTop = Number.NaN;
    const values: number[] = [];
    for (const pools of candidates) {
      const inside = sign * valueOn(pools, drawn);
      const outside = valueOn(pools, left);
      if (!Number.isNaN(outside)) values.push(outside);
      if (Number.isNaN(top) || inside > top) [top, ofTop] = [inside, outside];
      yield;
    }
    if (Number.isNaN(ofTop)) continue;
    chosen.push(ofTop);
    everyone.push(mean(values));
  }
  const highest = sign * Math.max(...plain.map((value) => sign * value));
  if (chosen.length === 0) return null;
  const excess = highest - (mean(chosen) + mean(plain) - mean(everyone));
  return {
    ...best,
    optimism: sign * excess,
    corrected: best.shown - excess,
    candidates: rows.length,
    patients: strata.reduce((sum, own) => sum + own.length, 0),
    resamples: chosen.length,
  };
}

/** Optimism below this is nothing that a reader can see in three digits. */
const VISIBLE_OPTIMISM = 0.005;

/** The best row and its corrected figure, in two sentences for a clinician. */
export function bestRowWords(row: BestRow<RunGroup>, name: string, { label, direction }: Metric): string {
  const { candidates, shown, corrected, optimism, patients } = row;
  const best = `${name} has the ${direction === "higher" ? "highest" : "lowest"} ${label} of ${candidates} rows`;
  const choice = `the choice was repeated on ${patients} patients drawn anew`;
  if (optimism < VISIBLE_OPTIMISM)
    return `${best}: ${fixedText(shown, 3)}. Having been chosen as the best hardly flatters it (${choice}).`;
  return (
    `${best}: ${fixedText(shown, 3)}. Having been chosen as the best flatters it: ` +
    `on new patients like these expect about ${fixedText(corrected, 2)} (${choice}).`
  );
}

/** [images][C] probabilities of one pool. */
type PoolProbabilities = readonly (readonly number[])[];

/** The images that every pool of every group has, and what each group's pools predict of them. */
function sharedPredictions(groups: readonly RunGroup[], { ofProbabilities }: Metric) {
  const byImage = groups.map(({ records }) =>
    poolsOf(ofProbabilities ? records.map(withCorrectedProbabilities) : records).map(
      ({ predictions }) => new Map(predictions.map((prediction) => [prediction.image, prediction])),
    ),
  );
  const first = byImage[0][0] ?? new Map<string, Prediction>();
  const items = [...first.values()].filter(({ image }) => byImage.flat().every((pool) => pool.has(image)));
  const candidates = byImage.map((pools) =>
    pools.map((pool): PoolProbabilities => items.map(({ image }) => pool.get(image)!.probabilities)),
  );
  return { items, candidates };
}

/** A function that computes the metric of some images as the mean over a candidate's pools. */
function evaluator({ compute }: Metric, items: readonly Prediction[], classes: number) {
  return (pools: readonly PoolProbabilities[], indices: Int32Array): number => {
    const truth = Array.from(indices, (i) => items[i].truth);
    const values = pools.map((pool) => compute({ truth, probabilities: Array.from(indices, (i) => pool[i]), classes }));
    return mean(values.filter((value) => !Number.isNaN(value)));
  };
}

/** Each index as often as its count says. */
function indicesByCount(counts: Int32Array): Int32Array {
  const indices = new Int32Array(counts.reduce((sum, count) => sum + count, 0));
  let at = 0;
  counts.forEach((count, i) => {
    indices.fill(i, at, at + count);
    at += count;
  });
  return indices;
}
