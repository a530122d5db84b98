/**
 * Applies shift, zoom, flip, rotation and elastic displacement as one bilinear resampling, so that
 * it interpolates an image only once. Beyond its edge, the image continues with the nearest pixel.
 */
import type { Augmentation } from "./draw";
import type { Displacement } from "./elastic";

/**
 * Maps an output position (x, y), in pixels from the centre, to the input position (xx·x + xy·y +
 * x0, yx·x + yy·y + y0).
 */
export interface Affine {
  xx: number;
  xy: number;
  x0: number;
  yx: number;
  yy: number;
  y0: number;
}

/**
 * Gives the map from output to input for shift, zoom, flip and rotation, which act in this order
 * about the image's centre.
 *
 * @param size side of the image, pixels
 */
export function affineOf({ shift, zoom, flip, rotation }: Omit<Augmentation, "elastic">, size: number): Affine {
  const angle = (rotation * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle) / zoom, Math.sin(angle) / zoom];
  const mirror = flip ? -1 : 1;
  return {
    xx: mirror * cos,
    xy: -mirror * sin,
    x0: -shift.x * size,
    yx: sin,
    yy: cos,
    y0: -shift.y * size,
  };
}

/**
 * Reads the image through the displacement and then the affine map.
 *
 * @param image [channels, size, size]
 * @param displacement added to output positions before the affine map; null for none
 * @returns a new image of the same shape
 */
export function warp(image: Float32Array, size: number, map: Affine, displacement: Displacement | null): Float32Array {
  const plane = size * size;
  const last = size - 1;
  const centre = last / 2;
  const out = new Float32Array(image.length);
  for (let row = 0, i = 0; row < size; row++) {
    for (let column = 0; column < size; column++, i++) {
      const x = column - centre + (displacement ? displacement.x[i] : 0);
      const y = row - centre + (displacement ? displacement.y[i] : 0);
      const sourceX = clamp(map.xx * x + map.xy * y + map.x0 + centre, last);
      const sourceY = clamp(map.yx * x + map.yy * y + map.y0 + centre, last);
      const left = Math.min(Math.floor(sourceX), last - 1);
      const top = Math.min(Math.floor(sourceY), last - 1);
      const [s, t] = [sourceX - left, sourceY - top];
      for (let at = top * size + left, to = i; to < out.length; at += plane, to += plane) {
        const upper = image[at] * (1 - s) + image[at + 1] * s;
        const lower = image[at + size] * (1 - s) + image[at + size + 1] * s;
        out[to] = upper * (1 - t) + lower * t;
      }
    }
  }
  return out;
}

const clamp = (value: number, most: number) => (value < 0 ? 0 : Math.min(value, most));
