/** Training batches as an epoch sees them: each image augmented by what is drawn for it alone (`models/augment`). */
import { eventLoopYielder } from "../base";
import type { Training } from "../bench/training";
import { augmentImage, drawAugmentation } from "../models/augment";
import { inputShape, type Preprocessing } from "../models/types";

/** An image's place in training. */
export interface Visit {
  name: string;
  /** How many times the image has come before in this epoch: sampling may repeat it. */
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
 * Gives way to messages between images.
 *
 * @param sha256 image name → SHA-256 of its file, so that a renamed image is augmented alike
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

/** For each index, how many times it came before. */
export function repeatsOf(order: readonly number[]): number[] {
  const seen = new Map<number, number>();
  return order.map((i) => {
    const before = seen.get(i) ?? 0;
    seen.set(i, before + 1);
    return before;
  });
}
