/**
 * Bytes that a trainer takes, or will take, on its device. This file only describes them, so that
 * code that shows them need not import what computes them.
 */

/** Bytes on the device. */
export interface MemoryUse {
  /** Frozen weights. */
  weights: number;
  /** Intermediate results at their peak. */
  activations: number;
  /** Trainables, their gradients, the optimiser's moments and the best trainables. */
  optimizer: number;
  /** Inputs of a step (images or the frozen part's outputs, targets, settings) and its losses. */
  workspace: number;
}

/** A tensor or buffer that is too large for a device, however much memory is free. */
export interface DeviceExcess {
  /** For people: a kernel with its module, or the purpose of a buffer. */
  what: string;
  bytes: number;
  /** Largest number of bytes that the device allows. */
  limit: number;
}

/** What a trainer will take on its device. */
export interface MemoryEstimate extends MemoryUse {
  /** Floating-point operations of recomputation, as a share of those of a step without it. */
  recomputed: number;
  /** The largest tensor or buffer that exceeds the device's limits, or null if none does. */
  excess: DeviceExcess | null;
  /**
   * Bytes of the frozen part's outputs for one image. The caller keeps them in the computer's main
   * memory, where steps read them instead of images. 0 where steps read images or only the feature.
   */
  encoded: number;
}

/**
 * Adds the memory of the frozen part to that of the training program.
 *
 * @param frozen memory of the program that computes the frozen part, if there is one
 */
export const withFrozen = (step: MemoryUse, frozen?: Omit<MemoryUse, "optimizer"> | null): MemoryUse => ({
  weights: step.weights + (frozen?.weights ?? 0),
  activations: step.activations + (frozen?.activations ?? 0),
  workspace: step.workspace + (frozen?.workspace ?? 0),
  optimizer: step.optimizer,
});

export const totalBytes = ({ weights, activations, optimizer, workspace }: MemoryUse): number =>
  weights + activations + optimizer + workspace;
