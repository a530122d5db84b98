/** The trainer that a run needs, from its configuration. */
import { choiceSettings } from "../bench/choice-fields";
import type { RunConfig } from "../bench/record";
import type { Training } from "../bench/training";
import { fitOf } from "../engine/adapters";
import { type LossSpec, lossDef, lossSchema } from "../engine/losses";
import { optimizerDef, optimizerSchema } from "../engine/optim";
import type { MethodSpec, OptimizerSpec, Precision } from "../engine/types";
import { augments } from "./augment";

export interface TrainerRequest {
  method: MethodSpec;
  classes: number;
  /** Images per step. */
  batch: number;
  /** Images per micro-batch; 0 = as many as fit the memory. */
  microBatch: number;
  optimizer: OptimizerSpec;
  loss: LossSpec;
  precision: Precision;
  /**
   * Steps read images, so layers before the first trainable are computed at every step. Only
   * features are still cached.
   */
  readsImages: boolean;
  /** Number of images whose encoded inputs would be kept in memory. */
  images: number;
}

/**
 * A method that fits features takes no steps. One trainer of batch 1 holds its head for all
 * regimes.
 */
export function trainerRequest(
  { method, training }: RunConfig,
  data: { classes: number; images: number; trainImages: number },
): TrainerRequest {
  return {
    method,
    classes: data.classes,
    batch: fitOf(method) ? 1 : Math.min(training.batch, data.trainImages),
    microBatch: training.microBatch,
    optimizer: optimizerOf(training),
    loss: lossOf(training),
    precision: fitOf(method) ? "f32" : training.precision,
    readsImages: training.mixup > 0 || augments(training),
    images: data.images,
  };
}

/** The engine's loss for these settings. */
export function lossOf(training: Training): LossSpec {
  const { planPrefix, settings } = lossDef(training.loss);
  const own = choiceSettings({ planPrefix, planSettings: settings.shape }, training);
  return lossSchema.parse({ ...own, name: training.loss });
}

/** The engine's optimiser for these settings. What a plan does not offer keeps its default. */
function optimizerOf(training: Training): OptimizerSpec {
  const { optimizer: name, weightDecay, headL2, clipNorm } = training;
  const own = choiceSettings(optimizerDef(name), training);
  return optimizerSchema.parse({ ...own, name, weightDecay, headL2, clipNorm });
}
