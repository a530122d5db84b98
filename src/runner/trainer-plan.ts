/**
 * How a trainer will be made, decided by estimates before anything is allocated: whether what the frozen part gives is
 * kept per image, and how many images pass at a time.
 */
import { RadaptError } from "../base";
import { totalBytes } from "../engine/memory";
import type { EngineDevice, MemoryEstimate, TrainerOptions } from "../engine/types";
import type { BackboneSession } from "./backbone-session";
import type { TrainingEngine } from "./engine";
import { largestFitting, passSizes } from "./micro-batch";
import type { TrainerRequest } from "./trainer-request";

export interface TrainerTools extends Pick<TrainingEngine, "estimateMemory"> {
  device: EngineDevice;
  /** Device memory that one trainer should stay within, bytes. */
  trainerBytes: number;
  /** Memory for the encoded inputs of one trainer, bytes; beyond it images go through the frozen part at every step. */
  encodedBytes: number;
}

export interface TrainerPlan {
  options: Omit<TrainerOptions, "seed">;
  /** Images that pass at a time: what was asked for, or the most that fits; one where nothing fits. */
  microBatch: number;
  estimate: MemoryEstimate;
  /** Within the bytes for a trainer, and nothing beyond the device's limits. */
  fits: boolean;
  /** The most images at a time that fit; null where not even one does. */
  largest: number | null;
}

/** @throws RadaptError for methods that find no layer, and models without a usable feature */
export async function planTrainer(
  { images, readsImages, microBatch: asked, ...request }: TrainerRequest,
  backbone: BackboneSession,
  { estimateMemory, device, trainerBytes, encodedBytes }: TrainerTools,
): Promise<TrainerPlan> {
  const base: TrainerPlan["options"] = {
    ...request,
    model: await backbone.model(),
    device,
    feature: backbone.kind,
    memory: trainerBytes,
    imageSize: backbone.preprocessing.size,
    ...(readsImages && { cutFrozen: "features" as const }),
  };
  const whole = asked > 0 ? Math.min(asked, request.batch) : request.batch;
  const first = estimateMemory({ ...base, microBatch: whole });
  const keeps = first.encoded * images <= encodedBytes;
  const options = keeps ? base : { ...base, cutFrozen: false };
  const known = new Map(keeps ? [[whole, first]] : []);
  const estimateOf = (microBatch: number): MemoryEstimate => {
    const estimate = known.get(microBatch) ?? estimateMemory({ ...options, microBatch });
    known.set(microBatch, estimate);
    return estimate;
  };
  const fits = (microBatch: number) => {
    const estimate = estimateOf(microBatch);
    return estimate.excess === null && totalBytes(estimate) <= trainerBytes;
  };
  const largest = fits(whole)
    ? whole
    : largestFitting(
        passSizes(request.batch).filter((size) => size < whole),
        fits,
      );
  const microBatch = asked > 0 ? whole : (largest ?? 1);
  return {
    options: { ...options, microBatch },
    microBatch,
    largest,
    estimate: estimateOf(microBatch),
    fits: fits(microBatch),
  };
}

const mebibytes = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`;

/**
 * More bytes than a trainer should take are tried all the same: the device may have them. Beyond its limits it has not.
 *
 * @throws RadaptError `gpu.memory` with the largest number of images at a time that fits
 */
export function assertPossible({ estimate: { excess }, microBatch, largest }: TrainerPlan): void {
  if (!excess) return;
  throw new RadaptError("This does not fit the graphics adapter.", {
    code: "gpu.memory",
    where: `${excess.what}, ${microBatch} images at a time`,
    expected: `at most ${Math.floor(excess.most / 2 ** 20)} MiB`,
    got: mebibytes(excess.bytes),
    remedy:
      largest === null
        ? "Use a smaller image size, a smaller backbone, or a method that trains fewer layers."
        : `Set "Micro-batch" to ${largest}, or to 0 to have it chosen.`,
  });
}
