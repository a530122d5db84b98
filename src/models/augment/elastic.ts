/**
 * Elastic deformation: every pixel is read from beside its place, by a random field smoothed with a
 * Gaussian and scaled by α. Simard, Steinkraus and Platt, Best practices for convolutional neural
 * networks applied to visual document analysis, ICDAR 2003,
 * https://doi.org/10.1109/ICDAR.2003.1227801
 */
import { createPrng } from "../../base";
import type { Elastic } from "./draw";

/** Pixels to the right and down, [size, size] each. */
export interface Displacement {
  x: Float32Array;
  y: Float32Array;
}

/** Side for which α and σ are given, pixels. */
const referenceSide = 224;

/** Standard deviations after which the Gaussian ends, as in SciPy. */
const truncate = 4;

/**
 * Two fields uniform in ±1, smoothed, times α. For another side than 224 px, σ grows with the side
 * and α with its square (smoothing over more pixels leaves less of the noise), so that
 * displacements keep their share of the side.
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
 * Gaussian smoothing of a square field along both axes, mirrored at its edges:
 * `scipy.ndimage.gaussian_filter(field, sigma)`.
 *
 * @param field [size, size]
 * @param sigma standard deviation, pixels
 */
export function gaussianFilter(field: Float32Array, size: number, sigma: number): Float32Array {
  const weights = gaussianWeights(sigma);
  return smoothRowsTransposed(smoothRowsTransposed(field, size, weights), size, weights);
}

/** Weights at distance 0, 1, … of both sides; they sum to 1 over the whole kernel. */
function gaussianWeights(sigma: number): Float64Array {
  const raw = Float64Array.from({ length: Math.trunc(truncate * sigma + 0.5) + 1 }, (_, d) =>
    Math.exp(-0.5 * (d / sigma) ** 2),
  );
  const sum = raw.reduce((total, weight) => total + 2 * weight, -raw[0]);
  return raw.map((weight) => weight / sum);
}

/** Each row smoothed and written as a column: twice, and both axes are smoothed. */
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
 * The position within 0 … size − 1 after reflections about the outer edges of the end pixels: d c b
 * a | a b c d | d c b a.
 */
function mirrored(position: number, size: number): number {
  const inPeriod = ((position % (2 * size)) + 2 * size) % (2 * size);
  return inPeriod < size ? inPeriod : 2 * size - 1 - inPeriod;
}
