/**
 * Decides from memory estimates, before anything is allocated, how to build a trainer: whether to
 * cache the frozen part's outputs per image, and the size of the micro-batches.
 */
import { RadaptError } from "../base";
import { totalBytes } from "../engine/memory";
import type { EngineDevice, MemoryEstimate, TrainerPlanOptions, TrainingPlan } from "../engine/types";
import type { BackboneSession } from "./backbone-session";
import type { TrainingEngine } from "./engine";
import { largestFitting, microBatchSizes } from "./micro-batch";
import type { TrainerRequest } from "./trainer-request";

export interface TrainerTools extends Pick<TrainingEngine, "planTraining"> {
  device: EngineDevice;
  /** Device memory that one trainer should stay within, bytes. */
  trainerBytes: number;
  /**
   * Memory for the encoded inputs of one trainer, bytes. Where they take more, every step computes
   * the frozen part again.
   */
  encodedBytes: number;
}

export interface TrainerPlan {
  options: TrainerPlanOptions & { plan: TrainingPlan };
  /**
   * Images per micro-batch: as asked for, else the largest number that fits; 1 where nothing fits.
   */
  microBatch: number;
  estimate: MemoryEstimate;
  /** Whether it stays within `trainerBytes` and the device's limits. */
  fits: boolean;
  /** The largest micro-batch that fits; null where not even one image does. */
  largest: number | null;
}

/** @throws RadaptError for methods that find no layer, and models without a usable feature */
export async function planTrainer(
  { images, readsImages, microBatch: asked, ...request }: TrainerRequest,
  backbone: BackboneSession,
  { planTraining, device, trainerBytes, encodedBytes }: TrainerTools,
): Promise<TrainerPlan> {
  const base: TrainerPlanOptions = {
    ...request,
    model: await backbone.model(),
    device,
    feature: backbone.kind,
    memory: trainerBytes,
    imageSize: backbone.preprocessing.size,
    ...(readsImages && { cutFrozen: "features" as const }),
  };
  const whole = asked > 0 ? Math.min(asked, request.batch) : request.batch;
  const first = planTraining({ ...base, microBatch: whole });
  const keeps = first.estimate.encoded * images <= encodedBytes;
  const options = keeps ? base : { ...base, cutFrozen: false };
  const known = new Map(keeps ? [[whole, first]] : []);
  const planOf = (microBatch: number): TrainingPlan => {
    const plan = known.get(microBatch) ?? planTraining({ ...options, microBatch });
    known.set(microBatch, plan);
    return plan;
  };
  const fits = (microBatch: number) => {
    const { estimate } = planOf(microBatch);
    return estimate.excess === null && totalBytes(estimate) <= trainerBytes;
  };
  const largest = fits(whole)
    ? whole
    : largestFitting(
        microBatchSizes(request.batch).filter((size) => size < whole),
        fits,
      );
  const microBatch = asked > 0 ? whole : (largest ?? 1);
  const plan = planOf(microBatch);
  return {
    options: { ...options, microBatch, plan },
    microBatch,
    largest,
    estimate: plan.estimate,
    fits: fits(microBatch),
  };
}

const mebibytes = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`;

/**
 * Rejects only what exceeds the device's limits. A trainer above `trainerBytes` is tried all the
 * same, since the device may have the memory.
 *
 * @throws RadaptError `gpu.memory` with the largest micro-batch that fits
 */
export function assertPossible({ estimate: { excess }, microBatch, largest }: TrainerPlan): void {
  if (!excess) return;
  throw new RadaptError("This does not fit the graphics adapter.", {
    code: "gpu.memory",
    where: `${excess.what}, ${microBatch} images at a time`,
    expected: `at most ${Math.floor(excess.limit / 2 ** 20)} MiB`,
    got: mebibytes(excess.bytes),
    remedy:
      largest === null
        ? "Use a smaller image size, a smaller backbone, or a method that trains fewer layers."
        : `Set "Micro-batch" to ${largest}, or to 0 to have it chosen.`,
  });
}
