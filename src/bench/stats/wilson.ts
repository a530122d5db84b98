/** Wilson's score interval of a proportion. Wilson 1927, doi:10.1080/01621459.1927.10502953. */
import { normalQuantile } from "./special";
import type { Interval } from "./summary";

/**
 * The interval of the proportion successes / n. It lies within [0, 1]; its bounds are NaN for n =
 * 0. The formula assumes independent trials. Images of one patient are not independent, so count
 * patients rather than images.
 */
export function wilsonInterval(successes: number, n: number, level = 0.95): Interval {
  if (n === 0) return { low: Number.NaN, high: Number.NaN, level };
  const z2 = normalQuantile((1 + level) / 2) ** 2;
  const share = successes / n;
  const centre = (share + z2 / (2 * n)) / (1 + z2 / n);
  const half = Math.sqrt(z2 * ((share * (1 - share)) / n + z2 / (4 * n * n))) / (1 + z2 / n);
  return {
    low: successes === 0 ? 0 : centre - half,
    high: successes === n ? 1 : centre + half,
    level,
  };
}
