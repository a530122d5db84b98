/**
 * Which images a run trains on, validates on and tests on. It depends on the data, the folds and the seed only, never
 * on the method or the backbone: two methods of the same fold and seed see the same images, so their results pair.
 */
import { assert, createPrng, RadaptError } from "../base";
import { assignFolds, classCount, dealGroups, groupByPatient, type SplitImage, sortedByName } from "./folds";
import type { Regime } from "./plan";

export interface SplitOptions {
  folds: number;
  /** 0 … folds − 1: the one that is tested. */
  fold: number;
  /** Seeds the folds. */
  splitSeed: number;
  regime: Regime;
  /** Seeds the k-shot draw; the full regime ignores it. */
  seed: number;
  /** Class names, for messages. */
  classes?: readonly string[];
}

/** Image names of each part, in order of name. No patient is in two parts. */
export interface Split {
  train: string[];
  val: string[];
  test: string[];
}

/**
 * Test is fold f. Validation, for early stopping and nothing else, is fold f + 1 (mod k); training is the rest. With
 * two folds the remaining one is divided, by patient and class, into training and a validation part (a quarter where
 * the rarest class allows it).
 *
 * A k-shot run trains on k images per class of the training part and validates on at most k per class of the
 * validation part: a large validation set would hand a "few-shot" method many more labels than k
 * (LAION-AI/CLIP_benchmark#125, gaopengcuhk/Tip-Adapter#11). The test fold is always whole. For one seed the draws are
 * nested: the 4-shot images are among the 8-shot images, so a curve over shots changes one thing at a time.
 *
 * @throws RadaptError `folds.*` (see assignFolds), or `shots.too-few` when a class has fewer than k training images
 */
export function splitRun(images: readonly SplitImage[], options: SplitOptions): Split {
  const { folds, fold, splitSeed, regime, seed } = options;
  assert(Number.isInteger(fold) && fold >= 0 && fold < folds, `fold ${fold} outside 0…${folds - 1}`);
  const foldOf = assignFolds(images, options);
  const ordered = sortedByName(images);
  const inFold = (wanted: (f: number) => boolean) => ordered.filter((image) => wanted(foldOf.get(image.patient)!));

  const test = inFold((f) => f === fold);
  const next = (fold + 1) % folds;
  const parts =
    folds > 2
      ? { val: inFold((f) => f === next), train: inFold((f) => f !== fold && f !== next) }
      : divide(
          inFold((f) => f !== fold),
          options,
        );
  if (regime === "full") return { train: names(parts.train), val: names(parts.val), test: names(test) };

  const classes = classCount(images, options.classes);
  assertShots(parts.train, regime.shots, classes, options);
  return {
    train: names(drawShots(parts.train, regime.shots, classes, seed, `shots/train/${splitSeed}/${fold}`)),
    val: names(drawShots(parts.val, regime.shots, classes, seed, `shots/val/${splitSeed}/${fold}`)),
    test: names(test),
  };
}

const names = (images: readonly SplitImage[]) => images.map((image) => image.name);

/** The remainder of a two-fold split into training and validation, by patient, stratified. */
function divide(rest: readonly SplitImage[], options: SplitOptions): { train: SplitImage[]; val: SplitImage[] } {
  const classes = classCount(rest, options.classes);
  const groups = groupByPatient(rest, classes);
  const rarest = Math.min(
    ...Array.from({ length: classes }, (_, c) => groups.filter((group) => group.counts[c] > 0).length),
  );
  if (rarest < 2) {
    throw new RadaptError("Two folds leave a class without a patient for validation.", {
      code: "folds.no-validation",
      where: `test fold ${options.fold + 1} of 2`,
      expected: "at least two patients of every class outside the test fold",
      got: `${rarest}`,
      remedy:
        "Add patients of the rarest class, merge it with another class, or use 3 folds or more if it has as many patients.",
    });
  }
  const partOf = dealGroups(groups, classes, Math.min(4, rarest), options.splitSeed, `validation/${options.fold}`);
  return {
    val: rest.filter((image) => partOf.get(image.patient) === 0),
    train: rest.filter((image) => partOf.get(image.patient) !== 0),
  };
}

/** At most `shots` images of each class: one from each patient in random order, then a second from each, and so on. */
function drawShots(pool: readonly SplitImage[], shots: number, classes: number, seed: number, stream: string) {
  const drawn: SplitImage[] = [];
  for (let c = 0; c < classes; c++) {
    const prng = createPrng(seed, `${stream}/${c}`);
    const ofClass = pool.filter((image) => image.label === c);
    const queues = prng.shuffled(groupByPatient(ofClass, classes)).map((group) => prng.shuffled(group.images));
    const longest = queues.reduce((most, queue) => Math.max(most, queue.length), 0);
    const order: SplitImage[] = [];
    for (let round = 0; round < longest; round++)
      for (const queue of queues) if (round < queue.length) order.push(queue[round]);
    drawn.push(...order.slice(0, shots));
  }
  return sortedByName(drawn);
}

function assertShots(train: readonly SplitImage[], shots: number, classes: number, options: SplitOptions): void {
  for (let c = 0; c < classes; c++) {
    const available = train.filter((image) => image.label === c).length;
    if (available >= shots) continue;
    const name = options.classes?.[c] ?? String(c);
    throw new RadaptError(`Class "${name}" has too few training images for ${shots} shots.`, {
      code: "shots.too-few",
      where: `class "${name}", test fold ${options.fold + 1} of ${options.folds}`,
      expected: `at least ${shots} images in the training part`,
      got: `${available}`,
      remedy: `Use at most ${available} shots, more folds, or more images of this class.`,
    });
  }
}

/**
 * Whether every run of a plan can be split, asked before anything is computed.
 * Gives the first problem as an error to show, or null.
 */
export function trySplits(
  images: readonly SplitImage[],
  plan: { folds: number; splitSeed: number; regimes: readonly Regime[] },
  classes?: readonly string[],
): RadaptError | null {
  try {
    for (let fold = 0; fold < plan.folds; fold++)
      for (const regime of plan.regimes)
        splitRun(images, { folds: plan.folds, fold, splitSeed: plan.splitSeed, regime, seed: 0, classes });
    return null;
  } catch (error) {
    if (error instanceof RadaptError) return error;
    throw error;
  }
}
