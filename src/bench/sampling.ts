/** Which images an epoch trains on, in which order. */
import { createPrng, groupBy, type Prng } from "../base";
import type { Training } from "./training";

/** The stream that a run's epochs draw from, one after another. */
export const samplingStream = (seed: number, sampling: Training["sampling"]): Prng =>
  createPrng(seed, sampling === "balanced" ? "balanced sampling" : "shuffle");

/**
 * Indices into `labels`, as many as there are. "shuffle": each once, in random order. "balanced":
 * drawn with replacement, every class that occurs equally likely and every image of a class too:
 * PyTorch's WeightedRandomSampler with weights 1 / n_c.
 *
 * @param labels class index of every training image
 */
export function epochOrder(labels: readonly number[], sampling: Training["sampling"], prng: Prng): number[] {
  if (sampling === "shuffle") return prng.shuffled(labels.map((_, i) => i));
  const byClass = groupBy(labels.keys(), (i) => labels[i]);
  const pools = [...byClass.keys()].sort((a, b) => a - b).map((label) => byClass.get(label)!);
  return labels.map(() => {
    const pool = pools[prng.below(pools.length)];
    return pool[prng.below(pool.length)];
  });
}
