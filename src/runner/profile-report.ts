/** A profiled training step: what was found, apart from the finding. */

import type { TimedDispatch } from "../engine/devices/gpu/timing";
import type { DispatchGroup } from "../engine/profile/dispatch-groups";
import type { ProductRate } from "../engine/profile/profile";
import type { MemoryEstimate } from "../engine/types";

export interface ProfileReport {
  /** The adapter's name. */
  device: string;
  /** The method with its main setting. */
  method: string;
  batch: number;
  /** Image height and width. */
  size: number;
  /** Least wall time of a step without the clock, ms. */
  ms: number;
  /** Floating-point operations of a step's products and convolutions. */
  flops: number;
  memory: MemoryEstimate;
  /** Every pass of a step, in order. */
  dispatches: TimedDispatch[];
  /** Groups of them, the longest first. */
  kernels: DispatchGroup[];
  modules: DispatchGroup[];
  /** What common matrix products reach. */
  products: ProductRate[];
  /** The best of these, 10⁹ floating-point operations per second. */
  best: number;
}

/** 10⁹ floating-point operations per second of a step as a whole. */
export const reachedBy = ({ flops, ms }: Pick<ProfileReport, "flops" | "ms">): number => flops / ms / 1e6;
