/**
 * A hash of what an image looks like: near-identical images differ in few bits. It is the DCT hash
 * (pHash): the image as 32 × 32 grey values, its 8 × 8 lowest frequencies without the mean, one bit
 * each for "above the median" (Zauner 2010, Implementation and Benchmarking of Perceptual Image
 * Hash Functions).
 */
import type { Pixels } from "../base/pixels";
import { shrinkGrey } from "./shrink-grey";

const HASH_SIDE = 32;
const kept = 8;

/** cosines[u][x] of the DCT-II. */
const cosines = Array.from({ length: kept + 1 }, (_, u) =>
  Float64Array.from({ length: HASH_SIDE }, (_, x) => Math.cos((Math.PI * u * (2 * x + 1)) / (2 * HASH_SIDE))),
);

/** 64 bits as two unsigned 32-bit numbers. */
export type PerceptualHash = readonly [number, number];

/** @returns null for an image of one grey value, whose hash says nothing */
export function perceptualHash(pixels: Pixels): PerceptualHash | null {
  const grey = shrinkGrey(pixels, HASH_SIDE, HASH_SIDE);
  const rows = Array.from({ length: kept + 1 }, (_, v) =>
    Float64Array.from({ length: HASH_SIDE }, (_, x) => {
      let sum = 0;
      for (let y = 0; y < HASH_SIDE; y++) sum += grey[y * HASH_SIDE + x] * cosines[v][y];
      return sum;
    }),
  );
  // Frequencies 1 to 8 in both directions: those of 0 follow brightness and borders.
  const frequencies: number[] = [];
  for (let v = 1; v <= kept; v++)
    for (let u = 1; u <= kept; u++) frequencies.push(rows[v].reduce((sum, value, x) => sum + value * cosines[u][x], 0));
  if (frequencies.every((value) => Math.abs(value) < 1e-6)) return null;
  const median = [...frequencies].sort((a, b) => a - b)[frequencies.length / 2];
  const bits = (from: number) =>
    frequencies.slice(from, from + 32).reduce((word, value, i) => (value >= median ? word | (1 << i) : word), 0) >>> 0;
  return [bits(0), bits(32)];
}

/** Number of bits in which two hashes differ, 0 to 64. */
export function hashDistance(a: PerceptualHash, b: PerceptualHash): number {
  return bitCount(a[0] ^ b[0]) + bitCount(a[1] ^ b[1]);
}

function bitCount(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return (((fours + (fours >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
}
