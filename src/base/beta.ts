/** Random numbers of the gamma and beta distributions, from a seeded stream. */
import type { Prng } from "./prng";

/**
 * Logarithm of a draw from Gamma(shape, 1), shape > 0; in logarithms, since draws of small shapes
 * are too small for a number. Marsaglia and Tsang's rejection, ACM TOMS 26 (2000) 363; below shape
 * 1 by their power of a uniform number.
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

/** A draw from Beta(a, b), both above 0: in [0, 1]. */
export function drawBeta(prng: Prng, a: number, b: number): number {
  return 1 / (1 + Math.exp(logGamma(prng, b) - logGamma(prng, a)));
}
