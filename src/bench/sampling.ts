/** Decides which images an epoch trains on, and in which order. */
import { createPrng, groupBy, type Prng } from "../base";
import type { Training } from "./training";

/** The random stream of a run. Its epochs draw from it one after another. */
export const samplingStream = (seed: number, sampling: Training["sampling"]): Prng =>
  createPrng(seed, sampling === "balanced" ? "balanced sampling" : "shuffle");

/**
 * Gives as many indices into `labels` as there are labels.
 * - "shuffle": each index once, in random order.
 * - "balanced": draws with replacement. Every class that occurs is equally likely, and so is every
 *   image within a class, as with PyTorch's WeightedRandomSampler and weights 1 / n_c.
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
