/** Smooth random fields: a lattice of random values, interpolated. Not for random numbers as such (base/prng). */
import type { Prng } from "../../base/prng";

const side = 64;

/** A field over the plane, periodic in 64 units, about -1..1, without jumps; one unit is the size of a spot. */
export type Field = (x: number, y: number) => number;

export function createField(prng: Prng): Field {
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

/** 0 well below `edge`, 1 well above it, half of the way within ±`width`. */
export function rise(value: number, edge: number, width: number): number {
  const t = (value - edge) / (2 * width) + 0.5;
  return t <= 0 ? 0 : t >= 1 ? 1 : smooth(t);
}

/** Gaussian bump of height 1 at 0 whose deviation is `width`. */
export const bump = (distance: number, width: number): number =>
  Math.abs(distance) > 4 * width ? 0 : Math.exp(-0.5 * (distance / width) ** 2);
