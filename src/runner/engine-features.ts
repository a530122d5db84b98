/**
 * Features computed by the engine's own frozen part: for the check of a new backbone, and for kinds
 * of feature that onnxruntime cannot give.
 */
import { methodIds } from "../engine/adapters";
import type { EngineDevice, FeatureKind, Model, Trainer } from "../engine/types";
import type { TrainingEngine } from "./engine";
import type { ComputeFeatures } from "./features";

export interface EngineFeatureSource {
  model: Model;
  device: EngineDevice;
  feature: FeatureKind;
  /** Image side. */
  size: number;
  /** Images at a time; default 8. */
  batch?: number;
  /** Stops the building of the inference program. */
  signal?: AbortSignal;
}

/**
 * A trainer whose inputs are the features themselves: the first method of the registry leaves the
 * backbone whole.
 */
export function createFeatureTrainer(
  { size, batch = 8, ...source }: EngineFeatureSource,
  createTrainer: TrainingEngine["createTrainer"],
): Promise<Trainer> {
  return createTrainer({
    ...source,
    batch,
    imageSize: size,
    classes: 2,
    seed: 0,
    method: { id: methodIds[0], config: {} },
    optimizer: { name: "adamw", beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0, headL2: 0 },
  });
}

export function engineFeatures(trainer: Trainer): ComputeFeatures {
  return async (images, count) => ({ width: trainer.featureWidth, data: (await trainer.encode(images, count))[0] });
}
