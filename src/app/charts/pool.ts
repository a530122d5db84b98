/**
 * The predictions behind a table row's charts: those of one repeat and one seed, so that an image
 * counts once.
 */

import { groupBy } from "../../base/group-by";
import { remembered } from "../../base/remembered";
import type { MetricInput } from "../../bench/metric";
import { metricInputOf } from "../../bench/pools";
import { comparePartNames, type RunSplit } from "../../bench/protocols";
import type { Prediction, RunRecord } from "../../bench/record";
import type { RowInput } from "./inputs";

export interface PooledPrediction extends Prediction {
  split: RunSplit;
  seed: number;
}

/** One partition of the patients with one seed: each image is predicted once. */
export interface PoolChoice {
  key: string;
  /** E.g. "repeat 2 of 5, seed 0"; empty if there is nothing to choose from. */
  label: string;
  records: RunRecord[];
}

/** What of a row's records the charts can show, the first partition and seed first. */
export function poolChoices(records: readonly RunRecord[]): PoolChoice[] {
  const groups = groupBy(records, ({ config: { split, seed } }) => `${split.splitSeed}/${seed}`);
  const choices = Array.from(groups, ([key, own]) => {
    const { split, seed } = own[0].config;
    return { key, splitSeed: split.splitSeed, seed, records: own };
  }).sort((a, b) => a.splitSeed - b.splitSeed || a.seed - b.seed);
  const splitSeeds = [...new Set(choices.map(({ splitSeed }) => splitSeed))];
  const severalSeeds = new Set(choices.map(({ seed }) => seed)).size > 1;
  return choices.map(({ key, splitSeed, seed, records: own }) => {
    const repeat = `repeat ${splitSeeds.indexOf(splitSeed) + 1} of ${splitSeeds.length}`;
    const label = [splitSeeds.length > 1 && repeat, severalSeeds && `seed ${seed}`].filter(Boolean).join(", ");
    const byPart = (a: RunRecord, b: RunRecord) => comparePartNames(a.config.split.part, b.config.split.part);
    return { key, label, records: own.sort(byPart) };
  });
}

/**
 * The predictions of the records' first partition and seed, each image once. Several charts ask for
 * the same records, so the result is kept.
 */
export const poolPredictions = remembered((records: readonly RunRecord[]): PooledPrediction[] => {
  const own = poolChoices(records)[0]?.records ?? [];
  const all = own.flatMap(({ predictions, config: { split, seed } }) =>
    predictions.map((prediction) => ({ ...prediction, split, seed })),
  );
  const seen = new Set<string>();
  return all.filter(({ image }) => !seen.has(image) && seen.add(image));
});

export function metricInput(records: readonly RunRecord[]): MetricInput {
  return metricInputOf(poolPredictions(records), records[0]?.dataset.classes.length ?? 2);
}

/** E.g. "60 images, each once (repeat 1 of 5)". */
export function poolInWords({ records, noun, poolLabel }: Pick<RowInput, "records" | "noun" | "poolLabel">): string {
  const { length } = poolPredictions(records);
  return `${length} ${length === 1 ? noun : `${noun}s, each once`}${poolLabel && ` (${poolLabel})`}`;
}

/**
 * The classes that have a curve: of two classes the positive one, else each class against the rest.
 */
export function curveClasses(records: readonly RunRecord[]): { index: number; name: string }[] {
  const classes = records[0]?.dataset.classes ?? [];
  const all = classes.map((name, index) => ({ index, name }));
  return classes.length === 2 ? all.slice(1) : all;
}

/**
 * True if some class has images of its own and of the rest, which a curve needs. Otherwise the
 * reason why there is no curve.
 */
export function needsBothClasses(records: readonly RunRecord[]): true | string {
  const all = poolPredictions(records);
  const hasBoth = ({ index }: { index: number }) => {
    const positives = all.filter(({ truth }) => truth === index).length;
    return positives > 0 && positives < all.length;
  };
  return curveClasses(records).some(hasBoth) || "No predictions with both classes yet.";
}
