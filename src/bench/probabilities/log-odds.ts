/** Log-odds of two-class probabilities, and their inverse. */

/** A probability below this counts as this, so that its logarithm is finite. */
export const LEAST_PROBABILITY = 1e-15;

/**
 * ln(p₁ / p₀) of a row [p₀, p₁]. It reads both probabilities: 1 − p₁ would lose all digits where p₁
 * is close to 1.
 */
export function logOdds([p0, p1]: ArrayLike<number> & Iterable<number>): number {
  return Math.log(Math.max(p1, LEAST_PROBABILITY)) - Math.log(Math.max(p0, LEAST_PROBABILITY));
}

/** 1 / (1 + e^−z), without overflow. */
export function sigmoid(z: number): number {
  if (z >= 0) return 1 / (1 + Math.exp(-z));
  const power = Math.exp(z);
  return power / (1 + power);
}

/** The row [p₀, p₁] with the given log-odds. Both probabilities keep their digits. */
export const rowOfLogOdds = (z: number): [number, number] => [sigmoid(-z), sigmoid(z)];
