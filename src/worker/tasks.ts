/**
 * Which of the worker's tasks may run at the same time. There are two places: one for a plan, one
 * for an import, a download, a self-test or a profile. A self-test and a profile measure the
 * adapter, so no plan runs beside them.
 */
import { RadaptError } from "../base";
import type { StopReason } from "../runner/run-plan";

type TaskWork<T> = (signal: AbortSignal) => Promise<T>;

export interface Tasks {
  /**
   * Runs an import, a download, a self-test or a profile; `abort` ends it.
   *
   * @throws RadaptError `busy`, `cancelled`
   */
  abortable<T>(work: TaskWork<T>): Promise<T>;
  /** Runs an abortable task that measures the adapter. @throws RadaptError `busy`, `cancelled` */
  measuring<T>(work: TaskWork<T>): Promise<T>;
  /** Runs a plan; `stop` ends it. @throws RadaptError `busy` */
  plan<T>(work: TaskWork<T>): Promise<T>;
  abort(): void;
  stop(reason: StopReason): void;
}

export function createTasks(): Tasks {
  let task: AbortController | null = null;
  let running: AbortController | null = null;
  let isMeasuring = false;

  const abortable = async <T>(work: TaskWork<T>): Promise<T> => {
    if (task)
      throw busy(
        "An import, a download, a self-test or a profile is under way.",
        "Wait until it has ended, or cancel it.",
      );
    task = new AbortController();
    const { signal } = task;
    try {
      return await work(signal);
    } catch (error) {
      if (signal.aborted) throw new RadaptError("Cancelled. Nothing was kept of it.", { code: "cancelled" });
      throw error;
    } finally {
      task = null;
    }
  };

  return {
    abortable,
    measuring: (work) =>
      abortable(async (signal) => {
        if (running) throw busy("A plan is running on this adapter.", "Wait until it has ended, or pause it.");
        isMeasuring = true;
        return work(signal).finally(() => {
          isMeasuring = false;
        });
      }),
    plan: async (work) => {
      if (running) throw busy("Another plan is running.", "Pause or cancel it first.");
      if (isMeasuring) throw busy("A self-test or a profile is running.", "Wait until it has ended, or cancel it.");
      running = new AbortController();
      return work(running.signal).finally(() => {
        running = null;
      });
    },
    abort: () => task?.abort(),
    stop: (reason) => running?.abort(reason),
  };
}

function busy(message: string, remedy: string): RadaptError {
  return new RadaptError(message, { code: "busy", remedy });
}
