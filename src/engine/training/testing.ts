/** A small trainer for what must hold of passes, clipping and optimisers on every device. */
import { createPrng } from "../../base/prng";
import { completeMethod } from "../adapters";
import { backbones } from "../adapters/testing";
import type { EngineDevice, OptimizerInput } from "../types";
import { createTrainer } from "./trainer";

export const common = { weightDecay: 0.01, headL2: 0.1, clipNorm: 0 };
export const plainSgd: OptimizerInput = { name: "sgd", momentum: 0.9, nesterov: false, ...common };
const { model } = backbones.find(({ name }) => name === "clip-lora")!;

export interface Trial {
  id: string;
  config?: Record<string, unknown>;
  microBatch?: number;
  optimizer?: OptimizerInput;
  /** Rate of all trainables. */
  rate?: number;
}

const BATCH = 5;

/** Four steps on five images: losses, gradients of the last step, trainables. */
export async function trial(
  device: EngineDevice,
  { id, config = {}, microBatch, optimizer = plainSgd, rate = 0.05 }: Trial,
) {
  const trainer = await createTrainer({
    model,
    device,
    classes: 2,
    batch: BATCH,
    microBatch,
    optimizer,
    seed: 3,
    method: { id, config: completeMethod(id, config).config },
  });
  const prng = createPrng(1, "trial");
  const images = Float32Array.from({ length: BATCH * 3 * 16 * 16 }, () => prng.normal());
  const inputs = await trainer.encode(images, BATCH);
  const targets = Float32Array.of(1, 0, 0, 1, 0, 1, 1, 0, 0.3, 0.7);
  const weights = Float32Array.of(0.3, 0.1, 0.1, 0.3, 0.2);
  for (let k = 0; k < 4; k++) trainer.step({ inputs, targets, weights }, { adapter: rate, head: rate });
  const losses = await trainer.losses();
  const results = [
    losses,
    ...[...(await trainer.gradients()), ...(await trainer.exportTrainables())].map((t) => t.data),
  ];
  const { optimizer: bytes } = trainer.bytes;
  trainer.dispose();
  return { losses, results, bytes };
}

/** Largest difference of two lists of results, relative to the largest number of each. */
export function largestDifference(a: readonly Float32Array[], b: readonly Float32Array[]): number {
  if (a.length !== b.length || a.some((x, k) => x.length !== b[k].length)) return Number.POSITIVE_INFINITY;
  return Math.max(
    ...b.map((want, k) => {
      const scale = want.reduce((most, x) => Math.max(most, Math.abs(x)), 1e-3);
      return want.reduce((most, x, i) => Math.max(most, Math.abs(x - a[k][i])), 0) / scale;
    }),
  );
}
