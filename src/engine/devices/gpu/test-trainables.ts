/** Sets trainables in tests that look at gradients. */
import { createPrng } from "../../../base/prng";
import { sizeOf } from "../../graph/tensor";
import type { Trainer } from "../../types";

/** Sets every trainable to noise. In their initial state, some gradients are zero. */
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
