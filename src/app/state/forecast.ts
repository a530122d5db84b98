/** The memory that the plan being written will take: what the worker foretold last, and what it means in words. */
import { createStore } from "zustand/vanilla";
import { messageOf } from "../../base";
import type { Plan } from "../../bench/plan";
// Past the engine's door: the page needs the sum alone and not what computes.
import { totalBytes } from "../../engine/memory";
import type { Foretold, TrainerForecast } from "../../worker/protocol";
import { byteSize, percent, plural } from "../ui/format";
import { services } from "./services";

export interface ForecastState {
  /** idle: there is no plan to speak of. */
  status: "idle" | "working" | "done" | "failed";
  /** In the order of the plan; those of an earlier plan until the first of a new one is there. */
  forecasts: readonly TrainerForecast[];
  error: string | null;
}

const initialForecast: ForecastState = { status: "idle", forecasts: [], error: null };

export const forecastStore = createStore<ForecastState>(() => initialForecast);

/** The latest plan asked about: what comes of earlier ones is dropped. */
let latest: Plan | null = null;

/** Asks for the forecasts of a plan, in place of those asked for before; null forgets them. */
export async function forecastPlan(plan: Plan | null): Promise<void> {
  latest = plan;
  if (!plan) return forecastStore.setState(initialForecast);
  forecastStore.setState({ status: "working", error: null });
  const told: TrainerForecast[] = [];
  const tell = (change: Partial<ForecastState>) => {
    if (latest === plan) forecastStore.setState(change);
  };
  try {
    const whole = await services().worker.forecast(plan, (forecast) => {
      told.push(forecast);
      tell({ forecasts: [...told] });
    });
    if (whole) tell({ status: "done", forecasts: told });
  } catch (error) {
    tell({ status: "failed", forecasts: [], error: messageOf(error) });
  }
}

export const nameOf = ({ method, backbone }: TrainerForecast): string => `${method} on ${backbone}`;

/** Bytes in all; null where nothing could be foretold. */
export const bytesOf = ({ outcome }: TrainerForecast): number | null =>
  "error" in outcome ? null : totalBytes(outcome.memory);

/** The one to speak of first: what cannot be trained at all, else what takes most. */
export function foremostOf(forecasts: readonly TrainerForecast[]): TrainerForecast | undefined {
  const rank = (f: TrainerForecast) => bytesOf(f) ?? Number.POSITIVE_INFINITY;
  return forecasts.reduce<TrainerForecast | undefined>(
    (most, f) => (most && rank(most) >= rank(f) ? most : f),
    undefined,
  );
}

/** What stands in the way of a forecast's run, with what would help; null where it fits. */
export function problemOf({ batch, outcome }: TrainerForecast): string | null {
  if ("error" in outcome) return outcome.error;
  const { memory, budget, fits, largest, microBatch } = outcome;
  if (fits) return null;
  const { excess } = memory;
  const found = excess
    ? `Will not fit: ${excess.what} takes ${byteSize(excess.bytes)}, and this device allows ${byteSize(excess.most)}.`
    : `Takes ${byteSize(totalBytes(memory))}, more than the ${byteSize(budget)} that a trainer should stay within.`;
  if (largest !== null)
    return `${found}\nWhat to do: ${plural(largest, "image")} at a time would fit: set “Images at a time” to ${largest}, or to 0.`;
  const smallest = microBatch === 1 && batch > 1 ? " even one image at a time" : "";
  const remedy = "choose a smaller image size, a smaller backbone, or a method that trains fewer layers.";
  return excess
    ? `${found}\nWhat to do: no number of images at a time would fit${smallest && " either"}: ${remedy}`
    : `${found.replace(", more", `${smallest}, more`)}\nWhat to do: it is tried all the same, and may fail; else ${remedy}`;
}

/** How a step goes, in a sentence: whole or in passes, with or without recomputing. */
export function passesOf(batch: number, { microBatch, asked, fits, memory }: Foretold): string {
  const passes = Math.ceil(batch / microBatch);
  const why = asked ? "as set" : fits ? "as few as fit the memory, with the same result" : "with the same result";
  const how = passes === 1 ? `${plural(batch, "image")} at once` : `${batch} images in ${passes} passes, ${why}`;
  const again = memory.recomputed > 0 ? `; ${percent(memory.recomputed)} of the work is done twice to save memory` : "";
  return `A step takes ${how}${again}.`;
}
