/**
 * Features computed by the engine's own frozen part: for the check of a new backbone, and for kinds
 * of feature that onnxruntime cannot give.
 */
import { methodIds } from "../engine/adapters";
import type { EngineDevice, FeatureKind, Model, Trainer } from "../engine/types";
import type { BackboneSession } from "./backbone-session";
import type { TrainingEngine } from "./engine";
import type { ComputeFeatures } from "./features";

export interface EngineFeatureSource {
  model: Model;
  device: EngineDevice;
  feature: FeatureKind;
  /** Image side. */
  size: number;
  /** Images per call of the device; default 8. */
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
    optimizer: { name: "adamw", weightDecay: 0 },
  });
}

export function engineFeatures(trainer: Trainer): ComputeFeatures {
  return async (images, count) => ({ width: trainer.featureWidth, data: (await trainer.encode(images, count))[0] });
}

export interface FeatureEncoder {
  /** Features of a backbone. The trainer of the latest backbone stays open. */
  features(backbone: BackboneSession, signal?: AbortSignal): Promise<ComputeFeatures>;
  dispose(): void;
}

export function createFeatureEncoder({
  device,
  createTrainer,
}: Pick<TrainingEngine, "createTrainer"> & { device: EngineDevice }): FeatureEncoder {
  let latest: { backbone: BackboneSession; trainer: Trainer } | null = null;
  const dispose = () => {
    latest?.trainer.dispose();
    latest = null;
  };
  return {
    features: async (backbone, signal) => {
      if (latest?.backbone !== backbone) {
        dispose();
        const { kind: feature, preprocessing } = backbone;
        const model = await backbone.model();
        const source = { model, device, feature, size: preprocessing.size, signal };
        latest = { backbone, trainer: await createFeatureTrainer(source, createTrainer) };
      }
      return engineFeatures(latest.trainer);
    },
    dispose,
  };
}
