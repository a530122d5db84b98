/**
 * Draws which transforms an image gets and how strong each is, from named random streams. Other
 * files apply them.
 */
import { createPrng, type Prng } from "../../base";

/** All transforms, in the order in which they act. */
export const transforms = ["shift", "zoom", "flip", "rotation", "elastic", "brightness", "contrast"] as const;
export type Transform = (typeof transforms)[number];

/**
 * Ranges of the draws, under the names of the training settings. Amounts are uniform within their
 * range.
 */
export interface AugmentSettings {
  /** Transforms in use. With an empty list, images stay as they are. */
  augment: readonly Transform[];
  /**
   * Probability in [0, 1] that a transform in use acts on an image, independently for each
   * transform.
   */
  augmentProbability: number;
  /** Largest shift along each axis, as a share of the side. */
  augmentShift: number;
  /** The zoom factor is within 1 ± this. */
  augmentZoom: number;
  /** Largest rotation in either direction, degrees. */
  augmentRotation: number;
  /**
   * Largest α of the elastic deformation at 224 px; the smallest is half of it (see `elastic.ts`).
   */
  augmentElasticAlpha: number;
  /** σ of its smoothing, pixels at 224 px. */
  augmentElasticSigma: number;
  /** The brightness factor is within 1 ± this. */
  augmentBrightness: number;
  /** The contrast factor is within 1 ± this. */
  augmentContrast: number;
}

/**
 * Identifies an augmentation. The same key gives the same draws, whatever other images drew before.
 */
export interface AugmentKey {
  seed: number;
  /** Epoch, counted from 1. */
  epoch: number;
  /** SHA-256 of the image's file. */
  image: string;
  /** How often the image has occurred before in this epoch. */
  repeat: number;
}

export interface Elastic {
  alpha: number;
  sigma: number;
  /** 32-bit seed of the random field. */
  seed: number;
}

/** The augmentation of one image. */
export interface Augmentation {
  /** To the right and down, as shares of the side. */
  shift: { x: number; y: number };
  /** Factor; above 1 it enlarges. */
  zoom: number;
  /** Mirrors left and right. */
  flip: boolean;
  /** Degrees, counter-clockwise. */
  rotation: number;
  elastic: Elastic | null;
  /** Factors; 1 changes nothing. */
  brightness: number;
  contrast: number;
}

/** The augmentation that leaves an image as it is. */
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
 * Draws the augmentation of one image. Every transform has a random stream of its own, so that
 * adding a transform does not change the draws of the others.
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
