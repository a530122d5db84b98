/**
 * Changes brightness and contrast of pixel values in [0, 1], as torchvision's `adjust_brightness`
 * and `adjust_contrast` do.
 */
import type { Preprocessing } from "../types";
import type { Augmentation } from "./draw";

/** torchvision's weights of red, green and blue in the grey level. */
const greyWeights = [0.2989, 0.587, 0.114];

/**
 * Brightness multiplies the values by its factor. Contrast then multiplies their distance from the
 * image's mean grey level. Both clip the results to [0, 1].
 *
 * @param image [channels, size, size], normalised by `mean` and `std`; changed in place
 */
export function adjustBrightnessContrast(
  image: Float32Array,
  { mean, std, size }: Preprocessing,
  { brightness, contrast }: Pick<Augmentation, "brightness" | "contrast">,
): void {
  const plane = size * size;
  const planes = Array.from({ length: image.length / plane }, (_, c) => image.subarray(c * plane, (c + 1) * plane));
  planes.forEach((values, c) => {
    for (let i = 0; i < plane; i++) values[i] = clip((values[i] * std[c] + mean[c]) * brightness);
  });
  const pivot = (1 - contrast) * meanGrey(planes);
  planes.forEach((values, c) => {
    for (let i = 0; i < plane; i++) values[i] = (clip(values[i] * contrast + pivot) - mean[c]) / std[c];
  });
}

const clip = (value: number) => (value < 0 ? 0 : Math.min(value, 1));

/** The mean grey level of planes of values in [0, 1]. */
function meanGrey(planes: readonly Float32Array[]): number {
  const weights = planes.length === 1 ? [1] : greyWeights;
  const meanOf = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return planes.reduce((sum, values, c) => sum + weights[c] * meanOf(values), 0);
}
