/** What a run asks of a trainer, by its configuration. */
import type { RunConfig } from "../bench/record";
import type { Training } from "../bench/training";
import { fitOf } from "../engine/adapters";
import type { LossSpec, MethodSpec, OptimizerSpec, Precision } from "../engine/types";
import { augments } from "./augment";

export interface TrainerRequest {
  method: MethodSpec;
  classes: number;
  /** Images per step. */
  batch: number;
  /** Of these the device takes so many at a time; 0 = as many as fit. */
  microBatch: number;
  optimizer: OptimizerSpec;
  loss: LossSpec;
  precision: Precision;
  /** Steps read images even where layers before the first trainable could be computed once; features alone are still cached. */
  readsImages: boolean;
  /** Images whose encoded inputs would be kept, to decide whether that fits. */
  images: number;
}

/** A head that is solved for takes no steps: its trainer only holds it, one for all regimes. */
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

/** The engine's loss for the settings. */
export function lossOf({ loss, focalGamma }: Training): LossSpec {
  return loss === "focal" ? { name: loss, gamma: focalGamma } : { name: loss };
}

/** AdamW with PyTorch's defaults, SGD with momentum, or Lion with its paper's. */
function optimizerOf(training: Training): OptimizerSpec {
  const { optimizer: name, headL2, weightDecay, momentum, clipNorm } = training;
  const common = { weightDecay, headL2, clipNorm };
  if (name === "sgd") return { name, momentum, nesterov: false, ...common };
  if (name === "lion") return { name, beta1: 0.9, beta2: 0.99, ...common };
  return { name, beta1: 0.9, beta2: 0.999, eps: 1e-8, ...common };
}
