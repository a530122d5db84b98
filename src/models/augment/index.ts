/**
 * Applies the augmentation that `draw.ts` drew to a preprocessed image. Only training images are
 * augmented.
 */
import type { Preprocessing } from "../types";
import { type Augmentation, noAugmentation } from "./draw";
import { elasticDisplacement } from "./elastic";
import { affineOf, warp } from "./geometry";
import { adjustBrightnessContrast } from "./photometric";

export * from "./draw";

/**
 * Applies geometry first, then brightness and contrast. An augmentation that changes nothing gives
 * the same bits.
 *
 * @param image [channels, size, size] as `preprocess` gives it; it stays as it is
 * @returns a new image of the same shape
 */
export function augmentImage(
  image: Float32Array,
  preprocessing: Preprocessing,
  augmentation: Augmentation,
): Float32Array {
  const { size } = preprocessing;
  const { elastic, brightness, contrast } = augmentation;
  const displacement = elastic && elasticDisplacement(elastic, size);
  const out = moves(augmentation) ? warp(image, size, affineOf(augmentation, size), displacement) : image.slice();
  if (brightness !== noAugmentation.brightness || contrast !== noAugmentation.contrast)
    adjustBrightnessContrast(out, preprocessing, augmentation);
  return out;
}

const moves = ({ shift, zoom, flip, rotation, elastic }: Augmentation): boolean =>
  shift.x !== 0 || shift.y !== 0 || zoom !== 1 || flip || rotation !== 0 || elastic !== null;
