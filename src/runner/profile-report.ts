/** The report of a profiled training step. */

import type { TimedDispatch } from "../engine/devices/gpu/timing";
import type { DispatchGroup } from "../engine/profile/dispatch-groups";
import type { ProductRate } from "../engine/profile/profile";
import type { MemoryEstimate } from "../engine/types";

export interface ProfileReport {
  /** The adapter's name. */
  device: string;
  /** The method with its main setting, e.g. "LoRA r 8". */
  method: string;
  batch: number;
  /** Image height and width. */
  size: number;
  /** Minimum wall time of a step without the timer, ms. */
  ms: number;
  /** Floating-point operations of a step's products and convolutions. */
  flops: number;
  memory: MemoryEstimate;
  /** Every dispatch of a step, in order. */
  dispatches: TimedDispatch[];
  /** Groups of dispatches by operator, the longest first. */
  kernels: DispatchGroup[];
  modules: DispatchGroup[];
  /** Speed of common matrix products. */
  products: ProductRate[];
  /** The fastest of these, 10⁹ floating-point operations per second. */
  best: number;
}

/** 10⁹ floating-point operations per second of a step as a whole. */
export const reachedBy = ({ flops, ms }: Pick<ProfileReport, "flops" | "ms">): number => flops / ms / 1e6;
