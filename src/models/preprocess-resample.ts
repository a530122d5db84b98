/**
 * Resamples images as Pillow does: separable convolution whose support grows with the reduction
 * (antialiasing), fixed-point weights, and rounding to 8 bits after each pass.
 * https://github.com/python-pillow/Pillow/blob/main/src/libImaging/Resample.c
 */
import type { Pixels } from "../base/pixels";
import type { Interpolation } from "./types";

/** A range of output positions along one axis: `count` positions from `start`. */
export interface Span {
  start: number;
  count: number;
}

/**
 * Fraction bits of the fixed-point weights, as in Pillow: 32 − 8 (pixel) − 2 (overshoot of the
 * cubic).
 */
const precisionBits = 22;

interface ResampleKernel {
  /** Half width of the kernel at scale 1, in input pixels. */
  support: number;
  weight(x: number): number;
}

/** Keys' cubic with a = −0.5. https://doi.org/10.1109/TASSP.1981.1163711 */
function cubic(x: number): number {
  const a = -0.5;
  const t = Math.abs(x);
  if (t < 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
  if (t < 2) return (((t - 5) * t + 8) * t - 4) * a;
  return 0;
}

const resampleKernels: Record<Exclude<Interpolation, "nearest">, ResampleKernel> = {
  bicubic: { support: 2, weight: cubic },
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
};

/**
 * The weights of one axis. Output position i is the sum over k < taps[i] of weights[i·stride + k] ·
 * input[first[i] + k].
 */
interface Taps {
  stride: number;
  first: Int32Array;
  taps: Int32Array;
  weights: Int32Array;
}

const cache = new Map<string, Taps>();
const cacheLimit = 256;

function tapsFor(filter: Exclude<Interpolation, "nearest">, from: number, to: number): Taps {
  const key = `${filter} ${from} ${to}`;
  const known = cache.get(key);
  if (known) return known;
  if (cache.size >= cacheLimit) cache.clear();
  const made = computeTaps(resampleKernels[filter], from, to);
  cache.set(key, made);
  return made;
}

function computeTaps(kernel: ResampleKernel, from: number, to: number): Taps {
  const scale = from / to;
  const stretch = Math.max(1, scale);
  const support = kernel.support * stretch;
  const stride = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(to);
  const taps = new Int32Array(to);
  const weights = new Int32Array(to * stride);
  const exact = new Float64Array(stride);
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale;
    const low = Math.max(0, Math.trunc(centre - support + 0.5));
    const count = Math.min(from, Math.trunc(centre + support + 0.5)) - low;
    let sum = 0;
    for (let k = 0; k < count; k++) sum += exact[k] = kernel.weight((k + low - centre + 0.5) * (1 / stretch));
    for (let k = 0; k < count; k++) {
      const fixed = (sum === 0 ? exact[k] : exact[k] / sum) * 2 ** precisionBits;
      weights[i * stride + k] = Math.trunc(fixed < 0 ? fixed - 0.5 : fixed + 0.5);
    }
    first[i] = low;
    taps[i] = count;
  }
  return { stride, first, taps, weights };
}

function clip8(sum: number): number {
  const value = sum >> precisionBits;
  return Math.max(0, Math.min(255, value));
}

/**
 * Resizes an image to `width` × `height` and gives only the columns `x` and rows `y`; it computes
 * nothing else. The result equals, bit for bit, Pillow's `image.resize((width, height), filter)`
 * followed by that crop.
 */
export function resample(
  image: Pixels,
  width: number,
  height: number,
  filter: Interpolation,
  x: Span = { start: 0, count: width },
  y: Span = { start: 0, count: height },
): Pixels {
  if (filter === "nearest" || (width === image.width && height === image.height)) {
    return nearestPixel(image, nearestPositions(image.width, width, x), nearestPositions(image.height, height, y));
  }
  const rows = height === image.height ? null : tapsFor(filter, image.height, height);
  const last = y.start + y.count - 1;
  const top = rows ? rows.first[y.start] : y.start;
  const bottom = rows ? rows.first[last] + rows.taps[last] : y.start + y.count;
  const wide =
    width === image.width
      ? nearestPixel(image, positions(x.start, x.count), positions(top, bottom - top))
      : resampleRows(image, tapsFor(filter, image.width, width), x, top, bottom);
  return rows ? resampleColumns(wide, rows, y, top) : wide;
}

function positions(start: number, count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => start + i);
}

/** Input positions of nearest-neighbour sampling. The running sum rounds as Pillow's does. */
function nearestPositions(from: number, to: number, span: Span): Int32Array {
  const out = new Int32Array(span.count);
  const step = from / to;
  let at = step * 0.5;
  for (let i = 0; i < span.start + span.count; i++, at += step) {
    if (i >= span.start) out[i - span.start] = Math.min(from - 1, Math.trunc(at));
  }
  return out;
}

function nearestPixel(image: Pixels, xs: Int32Array, ys: Int32Array): Pixels {
  const { channels } = image;
  const data = new Uint8Array(xs.length * ys.length * channels);
  let o = 0;
  for (const y of ys) {
    for (const x of xs) {
      const i = (y * image.width + x) * channels;
      for (let c = 0; c < channels; c++) data[o++] = image.data[i + c];
    }
  }
  return { width: xs.length, height: ys.length, channels, data };
}

/** The horizontal pass, over input rows `top` to `bottom` − 1. */
function resampleRows(image: Pixels, { stride, first, taps, weights }: Taps, x: Span, top: number, bottom: number) {
  const { channels, data: source } = image;
  const height = bottom - top;
  const data = new Uint8Array(x.count * height * channels);
  let o = 0;
  for (let row = top; row < bottom; row++) {
    const line = row * image.width * channels;
    for (let i = x.start; i < x.start + x.count; i++) {
      const from = line + first[i] * channels;
      const w = i * stride;
      for (let c = 0; c < channels; c++) {
        let sum = 1 << (precisionBits - 1);
        for (let k = 0, p = from + c; k < taps[i]; k++, p += channels) sum = (sum + source[p] * weights[w + k]) | 0;
        data[o++] = clip8(sum);
      }
    }
  }
  return { width: x.count, height, channels, data };
}

/** The vertical pass. Row 0 of `image` is input row `top`. */
function resampleColumns(image: Pixels, { stride, first, taps, weights }: Taps, y: Span, top: number): Pixels {
  const line = image.width * image.channels;
  const data = new Uint8Array(line * y.count);
  const sums = new Int32Array(line);
  for (let row = 0; row < y.count; row++) {
    const i = y.start + row;
    sums.fill(1 << (precisionBits - 1));
    for (let k = 0; k < taps[i]; k++) {
      const weight = weights[i * stride + k];
      const from = (first[i] + k - top) * line;
      for (let p = 0; p < line; p++) sums[p] += image.data[from + p] * weight;
    }
    const to = row * line;
    for (let p = 0; p < line; p++) data[to + p] = clip8(sums[p]);
  }
  return { width: image.width, height: y.count, channels: image.channels, data };
}
