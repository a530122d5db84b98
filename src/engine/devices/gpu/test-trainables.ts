/** Trainables of tests that look at gradients. */
import { createPrng } from "../../../base/prng";
import { sizeOf } from "../../graph/tensor";
import type { Trainer } from "../../types";

/**
 * Noise for every trainable: away from the untrained state, in which some gradients are nothing.
 */
export function importNoise(trainer: Trainer): void {
  const prng = createPrng(4, "trainables");
  trainer.importTrainables(
    trainer.trainables.map(({ name, shape }) => ({
      name,
      shape,
      data: Float32Array.from({ length: sizeOf(shape) }, () => 0.3 * prng.normal()),
    })),
  );
}
