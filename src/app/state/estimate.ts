/** The memory that the plan being written will take: what the worker estimated last, and what it means in words. */
import { createStore } from "zustand/vanilla";
import { detailsOf, type ErrorDetails } from "../../base";
import type { Plan } from "../../bench/plan";
// Past the engine's door: the page needs the sum alone and not what computes.
import { totalBytes } from "../../engine/memory";
import type { Estimated, TrainerEstimate } from "../../worker/protocol";
import { byteSize, percent, plural } from "../ui/format";
import { services } from "./services";

export interface EstimateState {
  /** idle: there is no plan to speak of. */
  status: "idle" | "working" | "done" | "failed";
  /** In the order of the plan; those of an earlier plan until the first of a new one is there. */
  estimates: readonly TrainerEstimate[];
  error: ErrorDetails | null;
}

const initialEstimate: EstimateState = { status: "idle", estimates: [], error: null };

export const estimateStore = createStore<EstimateState>(() => initialEstimate);

/** The latest plan asked about: what comes of earlier ones is dropped. */
let latest: Plan | null = null;

/** Asks for the estimates of a plan, in place of those asked for before; null forgets them. */
export async function estimatePlan(plan: Plan | null): Promise<void> {
  latest = plan;
  if (!plan) return estimateStore.setState(initialEstimate);
  estimateStore.setState({ status: "working", error: null });
  const told: TrainerEstimate[] = [];
  const tell = (change: Partial<EstimateState>) => {
    if (latest === plan) estimateStore.setState(change);
  };
  try {
    const whole = await services().worker.estimate(plan, (estimate) => {
      told.push(estimate);
      tell({ estimates: [...told] });
    });
    if (whole) tell({ status: "done", estimates: told });
  } catch (error) {
    tell({ status: "failed", estimates: [], error: detailsOf(error) });
  }
}

export const nameOf = ({ method, backbone }: TrainerEstimate): string => `${method} on ${backbone}`;

/** Bytes in all; null where nothing could be estimated. */
export const bytesOf = ({ outcome }: TrainerEstimate): number | null =>
  "error" in outcome ? null : totalBytes(outcome.memory);

/** The one to speak of first: what cannot be trained at all, else what takes most. */
export function foremostOf(estimates: readonly TrainerEstimate[]): TrainerEstimate | undefined {
  const rank = (f: TrainerEstimate) => bytesOf(f) ?? Number.POSITIVE_INFINITY;
  return estimates.reduce<TrainerEstimate | undefined>(
    (most, f) => (most && rank(most) >= rank(f) ? most : f),
    undefined,
  );
}

/** What keeps an estimated run from the device, and what would help; null where it fits. */
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

/** How a step goes, in a sentence: whole or in micro-batches, with or without recomputing. */
export function stepSentence(batch: number, { microBatch, asked, fits, memory }: Estimated): string {
  const count = Math.ceil(batch / microBatch);
  const why = asked ? "as set" : fits ? "as few as fit the memory, with the same result" : "with the same result";
  const how = count === 1 ? `${plural(batch, "image")} at once` : `${batch} images in ${count} micro-batches, ${why}`;
  const again = memory.recomputed > 0 ? `; ${percent(memory.recomputed)} of the work is done twice to save memory` : "";
  return `A step takes ${how}${again}.`;
}
