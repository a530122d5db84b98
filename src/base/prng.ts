/**
 * Seeded random numbers: the only source of randomness in Radapt. A string names each stream, so
 * that two uses of one seed never share numbers: `createPrng(42, "folds")` and `createPrng(42,
 * "shuffle")` are independent.
 */
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

export interface Prng {
  /** Uniform in [0, 1) with 53 random bits. */
  uniform(): number;
  /** Uniform integer in [0, bound). */
  below(bound: number): number;
  /** Standard normal (Box–Muller). */
  normal(): number;
  /** A new array with the items in random order (Fisher–Yates). */
  shuffled<T>(items: readonly T[]): T[];
}

/** 32-bit FNV-1a hash of a string. http://www.isthe.com/chongo/tech/comp/fnv/ */
export function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

export function createPrng(seed: number, stream = ""): Prng {
  const generator = xoroshiro128plus(fnv1a(`${seed}/${stream}`) | 0);
  const bits = (count: number) => (generator.next() >>> 0) >>> (32 - count);
  const uniform = () => (bits(26) * 0x8000000 + bits(27)) / 0x20000000000000;
  const below = (bound: number) => Math.floor(uniform() * bound);
  return {
    uniform,
    below,
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    shuffled: (items) => {
      const out = items.slice();
      for (let i = out.length - 1; i > 0; i--) {
        const j = below(i + 1);
        [out[i], out[j]] = [out[j], out[i]];
      }
      return out;
    },
  };
}
