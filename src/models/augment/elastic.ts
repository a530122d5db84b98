/**
 * Elastic deformation. Each output pixel reads the input at a displaced position. The displacement
 * is a random field, smoothed with a Gaussian and scaled by α. Simard, Steinkraus and Platt, Best
 * practices for convolutional neural networks applied to visual document analysis, ICDAR 2003,
 * https://doi.org/10.1109/ICDAR.2003.1227801
 */
import { createPrng } from "../../base";
import type { Elastic } from "./draw";

/** Displacement in pixels to the right and down, [size, size] each. */
export interface Displacement {
  x: Float32Array;
  y: Float32Array;
}

/** Side of the image to which α and σ refer, pixels. */
const referenceSide = 224;

/** The Gaussian ends after this many standard deviations, as in SciPy. */
const truncate = 4;

/**
 * Draws two fields uniform in ±1, smooths them and multiplies by α. For an image side other than
 * 224 px, σ scales with the side and α with its square, because smoothing over more pixels leaves
 * less of the noise. Displacements then keep their size relative to the side.
 *
 * @param size side of the image, pixels
 */
export function elasticDisplacement({ alpha, sigma, seed }: Elastic, size: number): Displacement {
  const scale = size / referenceSide;
  const field = (axis: "x" | "y") => {
    const prng = createPrng(seed, `elastic ${axis}`);
    const noise = new Float32Array(size * size);
    for (let i = 0; i < noise.length; i++) noise[i] = 2 * prng.uniform() - 1;
    const smooth = gaussianFilter(noise, size, sigma * scale);
    for (let i = 0; i < smooth.length; i++) smooth[i] *= alpha * scale * scale;
    return smooth;
  };
  return { x: field("x"), y: field("y") };
}

/**
 * Smooths a square field with a Gaussian along both axes, mirrored at its edges, as
 * `scipy.ndimage.gaussian_filter(field, sigma)` does.
 *
 * @param field [size, size]
 * @param sigma standard deviation, pixels
 */
export function gaussianFilter(field: Float32Array, size: number, sigma: number): Float32Array {
  const weights = gaussianWeights(sigma);
  return smoothRowsTransposed(smoothRowsTransposed(field, size, weights), size, weights);
}

/** Weights at distance 0, 1, … on either side. Over the whole kernel they sum to 1. */
function gaussianWeights(sigma: number): Float64Array {
  const raw = Float64Array.from({ length: Math.trunc(truncate * sigma + 0.5) + 1 }, (_, d) =>
    Math.exp(-0.5 * (d / sigma) ** 2),
  );
  const sum = raw.reduce((total, weight) => total + 2 * weight, -raw[0]);
  return raw.map((weight) => weight / sum);
}

/** Smooths each row and writes it as a column. Two calls smooth both axes. */
function smoothRowsTransposed(field: Float32Array, size: number, weights: Float64Array): Float32Array {
  const out = new Float32Array(field.length);
  const radius = weights.length - 1;
  const line = new Float64Array(size + 2 * radius);
  for (let row = 0; row < size; row++) {
    for (let i = 0; i < line.length; i++) line[i] = field[row * size + mirrored(i - radius, size)];
    for (let column = 0; column < size; column++) {
      const at = column + radius;
      let sum = weights[0] * line[at];
      for (let d = 1; d <= radius; d++) sum += weights[d] * (line[at - d] + line[at + d]);
      out[column * size + row] = sum;
    }
  }
  return out;
}

/**
 * Maps a position to 0 … size − 1 by reflection about the outer edges of the end pixels: d c b a |
 * a b c d | d c b a.
 */
function mirrored(position: number, size: number): number {
  const inPeriod = ((position % (2 * size)) + 2 * size) % (2 * size);
  return inPeriod < size ? inPeriod : 2 * size - 1 - inPeriod;
}
