/**
 * The memory that the current plan will take: the worker's latest estimates, and their description
 * in words.
 */
import { createStore } from "zustand/vanilla";
import { detailsOf, type ErrorDetails } from "../../base";
import type { Plan } from "../../bench/plan";
// This import bypasses the engine's index, since the page needs only this sum and no code that
// computes.
import { totalBytes } from "../../engine/memory";
import type { Estimated, TrainerEstimate } from "../../worker/protocol";
import { byteSize, percent, plural } from "../ui/format";
import { services } from "./services";

export interface EstimateState {
  /** "idle" if there is no plan. */
  status: "idle" | "working" | "done" | "failed";
  /**
   * Estimates in the order of the plan. Those of an earlier plan stay until the first of a new plan
   * arrives.
   */
  estimates: readonly TrainerEstimate[];
  error: ErrorDetails | null;
}

const initialEstimate: EstimateState = { status: "idle", estimates: [], error: null };

export const estimateStore = createStore<EstimateState>(() => initialEstimate);

/** The latest plan. The store drops what still arrives for earlier plans. */
let latest: Plan | null = null;

/**
 * Asks the worker for the estimates of a plan, which replace the earlier ones; null removes them.
 */
export async function estimatePlan(plan: Plan | null): Promise<void> {
  latest = plan;
  if (!plan) return estimateStore.setState(initialEstimate);
  estimateStore.setState({ status: "working", error: null });
  const received: TrainerEstimate[] = [];
  const update = (change: Partial<EstimateState>) => {
    if (latest === plan) estimateStore.setState(change);
  };
  try {
    const whole = await services().worker.estimate(plan, (estimate) => {
      received.push(estimate);
      update({ estimates: [...received] });
    });
    if (whole) update({ status: "done", estimates: received });
  } catch (error) {
    update({ status: "failed", estimates: [], error: detailsOf(error) });
  }
}

export const estimateLabel = ({ method, backbone }: TrainerEstimate): string => `${method} on ${backbone}`;

/** Total bytes; null if the estimate failed. */
export const estimatedBytes = ({ outcome }: TrainerEstimate): number | null =>
  "error" in outcome ? null : totalBytes(outcome.memory);

/** The worst estimate: one that failed, else the one that takes most memory. */
export function worstEstimate(estimates: readonly TrainerEstimate[]): TrainerEstimate | undefined {
  const rank = (f: TrainerEstimate) => estimatedBytes(f) ?? Number.POSITIVE_INFINITY;
  return estimates.reduce<TrainerEstimate | undefined>(
    (most, f) => (most && rank(most) >= rank(f) ? most : f),
    undefined,
  );
}

/** Why an estimated run does not fit the device, and what would help; null if it fits. */
export function problemOf({ batch, outcome }: TrainerEstimate): ErrorDetails | null {
  if ("error" in outcome) return outcome.error;
  const { memory, budget, fits, largest, microBatch } = outcome;
  if (fits) return null;
  const { excess } = memory;
  const title = excess
    ? `Will not fit: ${excess.what} takes ${byteSize(excess.bytes)}, and this device allows ${byteSize(excess.limit)}.`
    : `Takes ${byteSize(totalBytes(memory))}, more than the ${byteSize(budget)} that a trainer should stay within.`;
  if (largest !== null)
    return {
      title,
      remedy: `${plural(largest, "image")} at a time would fit: set “Micro-batch” to ${largest}, or to 0.`,
    };
  const smallest = microBatch === 1 && batch > 1 ? " even one image at a time" : "";
  const advice = "choose a smaller image size, a smaller backbone, or a method that trains fewer layers.";
  return excess
    ? { title, remedy: `no number of images at a time would fit${smallest && " either"}: ${advice}` }
    : {
        title: title.replace(", more", `${smallest}, more`),
        remedy: `it is tried all the same, and may fail; else ${advice}`,
      };
}

/**
 * Says in one sentence how many images a step computes at once, and how much of its work is done
 * twice to save memory.
 */
export function stepSentence(batch: number, { microBatch, asked, fits, memory }: Estimated): string {
  const count = Math.ceil(batch / microBatch);
  const why = asked ? "as set" : fits ? "as few as fit the memory, with the same result" : "with the same result";
  const how = count === 1 ? `${plural(batch, "image")} at once` : `${batch} images in ${count} micro-batches, ${why}`;
  const again = memory.recomputed > 0 ? `; ${percent(memory.recomputed)} of the work is done twice to save memory` : "";
  return `A step takes ${how}${again}.`;
}
