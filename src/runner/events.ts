/** The events of a plan under way, and the clock that the runner is given. */
import type { ErrorDetails } from "../base";
import type { Progress } from "../base/progress";
import type { EpochPoint } from "../bench/record";

export interface EpochEvent {
  type: "epoch";
  id: string;
  point: EpochPoint;
  /** Upper bound of the number of epochs. */
  epochs: number;
  /**
   * Where a run trains several times to choose a setting: the present candidate, from 0, and its
   * label.
   */
  candidate?: { index: number; of: number; label: string };
}

/** Share of a run's training that is done, in [0, 1], if nothing stops early. */
export function shareDone({ point, epochs, candidate = { index: 0, of: 1, label: "" } }: EpochEvent): number {
  return (candidate.index + point.epoch / epochs) / candidate.of;
}

export type RunEvent =
  | { type: "plan"; total: number; done: number }
  | { type: "run-start"; id: string; label: string; index: number }
  | { type: "stage"; id: string; progress: Progress }
  /**
   * The batch is split into micro-batches so that the trainer fits the memory. Emitted when a
   * trainer is made.
   */
  | { type: "micro-batch"; id: string; batch: number; microBatch: number }
  | EpochEvent
  | { type: "run-done"; id: string; index: number; reused: boolean }
  | { type: "run-failed"; id: string; index: number; error: ErrorDetails }
  /** A run of the shortcut audit has a record. */
  | { type: "audit-done"; id: string }
  | { type: "audit-failed"; label: string; error: ErrorDetails }
  /** Estimated time left over all runs, ms. */
  | { type: "eta"; ms: number }
  | { type: "finished"; outcome: "done" | "cancelled" | "paused" };

/** Injected, so that runs can be tested without waiting. */
export interface Clock {
  /** Monotonic, ms. */
  now(): number;
  /** Wall clock, ISO 8601. */
  iso(): string;
}
