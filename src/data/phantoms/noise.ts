/**
 * Smooth random fields, interpolated between random values on a lattice. For random numbers see
 * base/prng.
 */
import type { Prng } from "../../base/prng";

const side = 64;

/**
 * A smooth field over the plane with values of about -1..1 and period 64. One unit is the size of a
 * spot.
 */
export type NoiseField = (x: number, y: number) => number;

export function createField(prng: Prng): NoiseField {
  const lattice = Float32Array.from({ length: side * side }, () => prng.uniform() * 2 - 1);
  const at = (x: number, y: number) => lattice[(y & (side - 1)) * side + (x & (side - 1))];
  return (x, y) => {
    const column = Math.floor(x);
    const row = Math.floor(y);
    const s = smooth(x - column);
    const t = smooth(y - row);
    const top = at(column, row) * (1 - s) + at(column + 1, row) * s;
    const bottom = at(column, row + 1) * (1 - s) + at(column + 1, row + 1) * s;
    return top * (1 - t) + bottom * t;
  };
}

const smooth = (t: number) => t * t * (3 - 2 * t);

/** 0 well below `edge`, 1 well above it, with a smooth step over ±`width` between. */
export function rise(value: number, edge: number, width: number): number {
  const t = (value - edge) / (2 * width) + 0.5;
  return t <= 0 ? 0 : t >= 1 ? 1 : smooth(t);
}

/** A Gaussian of height 1 at 0 with standard deviation `width`. */
export const bump = (distance: number, width: number): number =>
  Math.abs(distance) > 4 * width ? 0 : Math.exp(-0.5 * (distance / width) ** 2);
