/**
 * Turns decoded pixels into a model's input. It follows torchvision's transforms with Pillow, so
 * that features equal those of the published backbones.
 */
import { assert } from "../base/error";
import type { Pixels } from "../base/pixels";
import { resample, type Span } from "./preprocess-resample";
import type { Preprocessing } from "./types";

/**
 * Gives the model's input, [channels, size, size] float32. The steps are:
 * 1. Reduce colour to luma where the model takes one channel.
 * 2. In crop mode "pad", pad to a black square.
 * 3. Resize the short side (in mode "stretch" both sides) to `resize` pixels.
 * 4. Crop the centre to `size` × `size`; a smaller image gets black edges.
 * 5. Divide by 255, subtract `mean`, divide by `std`.
 *
 * A grey image fills all three channels of a colour model.
 */
export function preprocess(pixels: Pixels, p: Preprocessing): Float32Array {
  const out = new Float32Array((p.channels ?? 3) * p.size * p.size);
  preprocessInto(pixels, p, out, 0);
  return out;
}

/**
 * Does what `preprocess` does, but writes to `out[offset … offset + channels·size·size)`: one image
 * of a batch.
 */
export function preprocessInto(pixels: Pixels, p: Preprocessing, out: Float32Array, offset: number): void {
  const { size, channels = 3 } = p;
  assert(offset >= 0 && offset + channels * size * size <= out.length, "preprocessInto: the output is too small");
  const wanted = channels === 1 ? luma(pixels) : pixels;
  const image = p.crop === "pad" ? padToSquare(wanted) : wanted;
  const [width, height] = resizedSize(image, p);
  const x = centre(width, size);
  const y = centre(height, size);
  const cropped = resample(image, width, height, p.interpolation, x.from, y.from);
  for (let c = 0; c < channels; c++) {
    const table = normalised(p.mean[c], p.std[c]);
    const plane = offset + c * size * size;
    if (cropped.width < size || cropped.height < size) out.fill(table[0], plane, plane + size * size);
    writePlane(cropped, Math.min(c, cropped.channels - 1), table, out, plane + y.at * size + x.at, size);
  }
}

/**
 * Inverts the normalisation of `preprocess`, rounds, and clips to 0 … 255, so that a person can
 * look at the image.
 */
export function pixelsOf(image: Float32Array, { size, channels = 3, mean, std }: Preprocessing): Pixels {
  const plane = size * size;
  const data = new Uint8Array(channels * plane);
  for (let i = 0; i < data.length; i++) {
    const c = i % channels;
    const value = image[c * plane + Math.floor(i / channels)] * std[c] + mean[c];
    data[i] = Math.max(0, Math.min(255, Math.round(255 * value)));
  }
  return { width: size, height: size, channels, data };
}

/** ITU-R 601 luma with Pillow's integer weights (`Image.convert("L")`). */
function luma(image: Pixels): Pixels {
  const { width, height, channels, data } = image;
  if (channels === 1) return image;
  const grey = new Uint8Array(width * height);
  for (let i = 0, at = 0; i < grey.length; i++, at += channels)
    grey[i] = (19_595 * data[at] + 38_470 * data[at + 1] + 7_471 * data[at + 2] + 0x8000) >> 16;
  return { width, height, channels: 1, data: grey };
}

/** Width and height after the resize. The long side rounds down, as in torchvision. */
function resizedSize(image: Pixels, { resize, crop }: Preprocessing): [number, number] {
  if (crop === "stretch") return [resize, resize];
  const long = (a: number, b: number) => Math.trunc((resize * a) / b);
  return image.width <= image.height
    ? [resize, long(image.height, image.width)]
    : [long(image.width, image.height), resize];
}

/**
 * The part of an axis of `length` pixels that the centre crop takes, and the position in the output
 * where it begins.
 */
function centre(length: number, size: number): { from: Span; at: number } {
  if (length < size) return { from: { start: 0, count: length }, at: Math.floor((size - length) / 2) };
  return { from: { start: roundHalfEven((length - size) / 2), count: size }, at: 0 };
}

/** Rounds as Python's `round` does. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

function padToSquare(image: Pixels): Pixels {
  const { width, height, channels } = image;
  if (width === height) return image;
  const side = Math.max(width, height);
  const left = Math.floor((side - width) / 2);
  const top = Math.floor((side - height) / 2);
  const data = new Uint8Array(side * side * channels);
  for (let y = 0; y < height; y++) {
    const line = image.data.subarray(y * width * channels, (y + 1) * width * channels);
    data.set(line, ((top + y) * side + left) * channels);
  }
  return { width: side, height: side, channels, data };
}

/** The 256 possible results of one channel. Each step rounds to float32, as in PyTorch. */
function normalised(mean: number, std: number): Float32Array {
  const f = Math.fround;
  return Float32Array.from({ length: 256 }, (_, v) => f(f(f(v / 255) - f(mean)) / f(std)));
}

function writePlane(
  image: Pixels,
  channel: number,
  table: Float32Array,
  out: Float32Array,
  start: number,
  stride: number,
): void {
  let i = channel;
  for (let y = 0; y < image.height; y++) {
    const line = start + y * stride;
    for (let x = 0; x < image.width; x++, i += image.channels) out[line + x] = table[image.data[i]];
  }
}
