/**
 * Decides which images a run trains, validates and tests on. The decision depends on the data, the
 * split protocol and the seeds, never on the method or the backbone. Hence two methods of the same
 * part and seed see the same images, and a paired test may compare them.
 */
import { RadaptError } from "../base";
import type { SplitImage } from "./folds";
import { divide, partsOf, protocolOf, type RunSplit, type SplitChoice, type SplitDataset } from "./protocols";
import type { Regime } from "./regime";
import { drawShots } from "./shots";

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
 * Divides the images for one run, as its split protocol says. A k-shot run then draws from the
 * training part (`drawShots`). The test part is always whole.
 *
 * @throws RadaptError of the protocol, and of `drawShots`
 */
export function splitRun(dataset: SplitDataset, { split, regime, seed }: SplitOptions): Split {
  const part = divide(dataset, split);
  const used = regime === "full" ? part : drawShots({ dataset, part, split, regime, seed });
  return { train: namesOf(used.train), val: namesOf(used.validation), test: namesOf(part.test) };
}

const namesOf = (images: readonly SplitImage[]) => images.map((image) => image.name);

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
