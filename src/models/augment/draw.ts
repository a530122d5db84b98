/**
 * Which transforms an image gets and how much of each, drawn from named random streams. Not for
 * applying them.
 */
import { createPrng, type Prng } from "../../base";

/** In the order in which they act. */
export const transforms = ["shift", "zoom", "flip", "rotation", "elastic", "brightness", "contrast"] as const;
export type Transform = (typeof transforms)[number];

/**
 * What may be drawn, by the names of the training settings: amounts are uniform within their range.
 */
export interface AugmentSettings {
  /** Transforms in use; empty = images stay as they are. */
  augment: readonly Transform[];
  /** That a transform in use acts on an image, each for itself, 0 … 1. */
  augmentProbability: number;
  /** Shift along either axis within ± this share of the side. */
  augmentShift: number;
  /** Zoom by a factor within 1 ± this. */
  augmentZoom: number;
  /** Rotation within ± this, degrees. */
  augmentRotation: number;
  /** α of the elastic deformation from half of this to this, at 224 px (see `elastic.ts`). */
  augmentElasticAlpha: number;
  /** σ of its smoothing, pixels at 224 px. */
  augmentElasticSigma: number;
  /** Brightness by a factor within 1 ± this. */
  augmentBrightness: number;
  /** Contrast by a factor within 1 ± this. */
  augmentContrast: number;
}

/**
 * Whose augmentation: the same key gives the same numbers, whatever was drawn before or elsewhere.
 */
export interface AugmentKey {
  seed: number;
  /** From 1. */
  epoch: number;
  /** SHA-256 of the image's file. */
  image: string;
  /** How many times the image has come before in this epoch. */
  repeat: number;
}

export interface Elastic {
  alpha: number;
  sigma: number;
  /** Seeds the random field, 32 bits. */
  seed: number;
}

/** What one image gets. */
export interface Augmentation {
  /** Shares of the side, to the right and down. */
  shift: { x: number; y: number };
  /** Above 1 enlarges. */
  zoom: number;
  /** Left and right change places. */
  flip: boolean;
  /** Degrees, counter-clockwise. */
  rotation: number;
  elastic: Elastic | null;
  /** Factors. */
  brightness: number;
  contrast: number;
}

/** Leaves an image as it is. */
export const noAugmentation: Augmentation = {
  shift: { x: 0, y: 0 },
  zoom: 1,
  flip: false,
  rotation: 0,
  elastic: null,
  brightness: 1,
  contrast: 1,
};

const within = (prng: Prng, most: number) => most * (2 * prng.uniform() - 1);

/**
 * Every transform has a stream of its own, so that one more in use leaves the others' amounts as
 * they were.
 */
export function drawAugmentation(settings: AugmentSettings, key: AugmentKey): Augmentation {
  const { augment, augmentProbability } = settings;
  const drawn = <T>(transform: Transform, amount: (prng: Prng) => T, none: T): T => {
    if (!augment.includes(transform)) return none;
    const prng = createPrng(key.seed, `augment ${transform}/${key.epoch}/${key.repeat}/${key.image}`);
    return prng.uniform() < augmentProbability ? amount(prng) : none;
  };
  const factor = (most: number) => (prng: Prng) => 1 + within(prng, most);
  const { augmentShift, augmentElasticAlpha, augmentElasticSigma } = settings;
  const shift = (prng: Prng) => ({ x: within(prng, augmentShift), y: within(prng, augmentShift) });
  const elastic = (prng: Prng): Elastic => ({
    alpha: (augmentElasticAlpha * (1 + prng.uniform())) / 2,
    sigma: augmentElasticSigma,
    seed: prng.below(2 ** 32),
  });
  return {
    shift: drawn("shift", shift, noAugmentation.shift),
    zoom: drawn("zoom", factor(settings.augmentZoom), 1),
    flip: drawn("flip", () => true, false),
    rotation: drawn("rotation", (prng) => within(prng, settings.augmentRotation), 0),
    elastic: drawn("elastic", elastic, null),
    brightness: drawn("brightness", factor(settings.augmentBrightness), 1),
    contrast: drawn("contrast", factor(settings.augmentContrast), 1),
  };
}
