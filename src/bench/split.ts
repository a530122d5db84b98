/**
 * Decides which images a run trains, validates and tests on. The decision depends on the data, the
 * split protocol and the seeds, never on the method or the backbone. Hence two methods of the same
 * part and seed see the same images, and a paired test may compare them.
 */
import { createPrng, RadaptError } from "../base";
import { classCount, groupByPatient, type SplitImage, sortedByName } from "./folds";
import type { Regime } from "./plan";
import {
  divide,
  partLabel,
  partsOf,
  protocolOf,
  type RunSplit,
  type SplitChoice,
  type SplitDataset,
} from "./protocols";

/** The part of a run's configuration that decides about its images. A `RunConfig` has it. */
export interface SplitOptions {
  split: RunSplit;
  regime: Regime;
  /** Seeds the k-shot draw. The full regime ignores it. */
  seed: number;
}

/** Image names of each part, sorted. No patient is in two parts. */
export interface Split {
  train: string[];
  val: string[];
  test: string[];
}

/**
 * Divides the images for one run, as its split protocol says.
 *
 * A k-shot run trains on k images per class of the training part. It validates on at most k images
 * per class of the validation part: a large validation set would give a "few-shot" method many more
 * labels than k (LAION-AI/CLIP_benchmark#125, gaopengcuhk/Tip-Adapter#11). The test part is always
 * whole. For one seed the draws are nested: the 8-shot images contain the 4-shot images. Hence a
 * curve over shots changes one thing at a time.
 *
 * @throws RadaptError of the protocol, or `shots.too-few` when a class has fewer than k training
 *   images
 */
export function splitRun(dataset: SplitDataset, { split, regime, seed }: SplitOptions): Split {
  const { train, validation, test } = divide(dataset, split);
  if (regime === "full") return { train: namesOf(train), val: namesOf(validation), test: namesOf(test) };

  const { shots } = regime;
  const classes = classCount(dataset.images, dataset.classes);
  assertShots(train, shots, classes, dataset, split);
  const stream = (part: "train" | "val") => `shots/${part}/${split.splitSeed}/${split.part}`;
  return {
    train: namesOf(drawShots(train, shots, classes, seed, stream("train"))),
    val: namesOf(drawShots(validation, shots, classes, seed, stream("val"))),
    test: namesOf(test),
  };
}

const namesOf = (images: readonly SplitImage[]) => images.map((image) => image.name);

/**
 * Draws at most `shots` images of each class. It takes one image of each patient in random order,
 * then a second one of each, and so on: images of different patients teach more than images of one.
 */
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

function assertShots(
  train: readonly SplitImage[],
  shots: number,
  classes: number,
  dataset: SplitDataset,
  split: RunSplit,
): void {
  for (let c = 0; c < classes; c++) {
    const available = train.filter((image) => image.label === c).length;
    if (available >= shots) continue;
    const name = dataset.classes?.[c] ?? String(c);
    const remedies = [`at most ${available} shots`, protocolOf(split).moreTraining, "or more images of this class"];
    throw new RadaptError(`Class "${name}" has too few training images for ${shots} shots.`, {
      code: "shots.too-few",
      where: `class "${name}", test ${partLabel(split)}`,
      expected: `at least ${shots} images in the training part`,
      got: `${available}`,
      remedy: `Use ${remedies.filter((text) => text !== null).join(", ")}.`,
    });
  }
}

/** The part of a plan that decides about the splits of its runs. */
export interface PlannedSplits {
  split: SplitChoice;
  splitSeed: number;
  regimes: readonly Regime[];
}

/**
 * Tries every split of a plan, so that the app can report a problem before a run starts.
 *
 * @returns the first problem, or null
 */
export function trySplits(dataset: SplitDataset, { split, splitSeed, regimes }: PlannedSplits): RadaptError | null {
  try {
    protocolOf(split).check(dataset, split);
    for (const part of partsOf(split, dataset))
      for (const regime of regimes) splitRun(dataset, { split: { ...split, splitSeed, part }, regime, seed: 0 });
    return null;
  } catch (error) {
    if (error instanceof RadaptError) return error;
    throw error;
  }
}
