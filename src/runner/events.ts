/** What a runner tells while it works, and the clock that it is given. */
import type { Progress } from "../base/progress";
import type { EpochPoint } from "../bench/record";

export type RunEvent =
  | { type: "plan"; total: number; done: number }
  | { type: "run-start"; id: string; label: string; index: number }
  | { type: "stage"; id: string; progress: Progress }
  | { type: "epoch"; id: string; point: EpochPoint; epochs: number }
  | { type: "run-done"; id: string; index: number; reused: boolean }
  | { type: "run-failed"; id: string; index: number; message: string }
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
