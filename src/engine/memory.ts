/**
 * Bytes that a trainer takes, or will take, on its device. Told apart from what computes them, for
 * whoever only shows them.
 */

/** Bytes on the device. */
export interface MemoryUse {
  /** Frozen weights. */
  weights: number;
  /** Intermediate results at their peak. */
  activations: number;
  /** Trainables, their gradients, moments and best values. */
  optimizer: number;
  /**
   * What a step is given (images or the frozen part's outputs, targets, settings) and the losses it
   * leaves.
   */
  workspace: number;
}

/** One thing that a device cannot hold, whatever else is freed. */
export interface DeviceExcess {
  /** For people: a kernel with its module, or what a buffer is for. */
  what: string;
  bytes: number;
  /** Bytes that the device allows. */
  limit: number;
}

/** What a trainer will take on its device. */
export interface MemoryEstimate extends MemoryUse {
  /** Floating-point operations done a second time to save memory, as a share of those done once. */
  recomputed: number;
  /** The largest tensor or buffer beyond the device's limits; null where there is none. */
  excess: DeviceExcess | null;
  /**
   * Bytes of one image's outputs of the frozen part, where steps read these instead of images: kept
   * by the caller, in the computer's own memory. 0 where steps read images, or nothing but the
   * feature.
   */
  encoded: number;
}

/** @param frozen of what computes the frozen part, if it is there */
export const withFrozen = (step: MemoryUse, frozen?: Omit<MemoryUse, "optimizer"> | null): MemoryUse => ({
  weights: step.weights + (frozen?.weights ?? 0),
  activations: step.activations + (frozen?.activations ?? 0),
  workspace: step.workspace + (frozen?.workspace ?? 0),
  optimizer: step.optimizer,
});

export const totalBytes = ({ weights, activations, optimizer, workspace }: MemoryUse): number =>
  weights + activations + optimizer + workspace;
