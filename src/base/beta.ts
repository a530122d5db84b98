/** Draws from the gamma and beta distributions, with a seeded stream. */
import type { Prng } from "./prng";

/**
 * Draws from Gamma(shape, 1), shape > 0, and gives the logarithm, because draws of small shapes
 * underflow a float64. It uses the rejection method of Marsaglia and Tsang, ACM TOMS 26 (2000) 363.
 * Below shape 1 it multiplies a draw of shape + 1 by a power of a uniform number, as they do.
 */
function logGamma(prng: Prng, shape: number): number {
  if (shape < 1) return logGamma(prng, shape + 1) + Math.log(1 - prng.uniform()) / shape;
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = prng.normal();
    const v = (1 + c * x) ** 3;
    if (v <= 0) continue;
    const bound = 0.5 * x * x + d * (1 - v + Math.log(v));
    if (Math.log(1 - prng.uniform()) < bound) return Math.log(d * v);
  }
}

/** Draws from Beta(a, b), a and b above 0. The result is in [0, 1]. */
export function drawBeta(prng: Prng, a: number, b: number): number {
  return 1 / (1 + Math.exp(logGamma(prng, b) - logGamma(prng, a)));
}
