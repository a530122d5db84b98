/**
 * Computes the features that a run needs, their standardisation, and the inputs that its trainer
 * reads.
 */
import { assert } from "../base";
import type { OnProgress } from "../base/progress";
import type { Split } from "../bench/split";
import type { ImageRow } from "../data/types";
import { fitOf } from "../engine/adapters";
import { isInnerFeature } from "../engine/backbone/feature-choice";
import { featureGroup } from "../storage/feature-group";
import { loadFeatures, standardization } from "./features";
import { encodedInputs, featureInputs, imageInputs, type TrainerInputs } from "./inputs";
import type { IdentifiedRun } from "./resolve";
import type { RunContext } from "./run-context";
import type { PooledTrainer } from "./trainer-pool";

export interface PreparedInputs {
  inputs: TrainerInputs;
  /** Standardisation of the features, both [D]; null where there is none. */
  scale: { mean: Float32Array; std: Float32Array } | null;
  /**
   * Image name → feature [D]: every image where the head reads features alone; else the training
   * images, or none where nothing needs features.
   */
  features: ReadonlyMap<string, Float32Array>;
}

/**
 * Standardisation uses the pretrained backbone's features of the training images alone: nothing of
 * validation or test enters. It stays frozen while an adapter trains.
 */
export async function prepareInputs(
  { config, id }: IdentifiedRun,
  { backbone, loader, trainers, features: store, signal, onEvent }: RunContext,
  { trainer, encoded, batch }: PooledTrainer,
  { split, imageOf }: { split: Split; imageOf(name: string): ImageRow },
): Promise<PreparedInputs> {
  const onProgress: OnProgress = (progress) => onEvent?.({ type: "stage", id, progress });
  const names = [...split.train, ...split.val, ...split.test];
  const { standardize } = config.training;
  const readsFeatures = trainer.cutAtFeatures || fitOf(config.method) !== null;
  const probesFirst = config.training.headStart === "probe";
  const wanted = readsFeatures ? names : standardize || probesFirst ? split.train : [];
  const features = await loadFeatures({
    images: wanted.map(imageOf),
    group: await featureGroup(config.backbone),
    open: () => (isInnerFeature(backbone.kind) ? trainers.features(backbone, signal) : backbone.features()),
    store,
    loader,
    signal,
    onProgress,
  });
  const scale = standardize ? standardization(split.train.map((name) => features.get(name)!)) : null;
  const width = scale?.mean.length ?? trainer.featureWidth;
  assert(width === trainer.featureWidth, `features of width ${width}, trainer of ${trainer.featureWidth}`);
  const inputs = readsFeatures
    ? featureInputs(features)
    : trainer.cut
      ? encodedInputs(trainer, loader, encoded, batch)
      : imageInputs(loader);
  await inputs.prepare(names, signal, onProgress);
  return { inputs, scale, features };
}
