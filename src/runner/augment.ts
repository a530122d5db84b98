/** Augments training batches: each image by transforms drawn for it alone (`models/augment`). */
import { eventLoopYielder } from "../base";
import type { Training } from "../bench/training";
import { augmentImage, drawAugmentation } from "../models/augment";
import { inputShape, type Preprocessing } from "../models/types";

/** One use of an image in an epoch. */
export interface Visit {
  name: string;
  /** How often the image came before in this epoch, since sampling may repeat it. */
  repeat: number;
}

/**
 * @param images [n, channels, size, size] as loaded; changed in place
 * @param visits n, in the order of the images
 * @param epoch from 1
 */
export type Augment = (
  images: Float32Array,
  visits: readonly Visit[],
  epoch: number,
  signal?: AbortSignal,
) => Promise<void>;

export const augments = ({ augment }: Pick<Training, "augment">): boolean => augment.length > 0;

/**
 * Yields to the event loop between images.
 *
 * @param sha256 image name → SHA-256 of its file, so that renaming an image changes nothing
 */
export function createAugment(
  training: Training,
  preprocessing: Preprocessing,
  seed: number,
  sha256: (name: string) => string,
): Augment {
  const perImage = inputShape(preprocessing).reduce((product, d) => product * d, 1);
  return async (images, visits, epoch, signal) => {
    const turn = eventLoopYielder(signal);
    for (const [i, { name, repeat }] of visits.entries()) {
      const key = { seed, epoch, image: sha256(name), repeat };
      const image = images.subarray(i * perImage, (i + 1) * perImage);
      image.set(augmentImage(image, preprocessing, drawAugmentation(training, key)));
      await turn();
    }
  };
}

/** For each position, how often its index came before. */
export function repeatsOf(order: readonly number[]): number[] {
  const seen = new Map<number, number>();
  return order.map((i) => {
    const before = seen.get(i) ?? 0;
    seen.set(i, before + 1);
    return before;
  });
}
