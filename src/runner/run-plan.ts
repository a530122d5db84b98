/**
 * Computes a plan's runs one after the other. It skips runs that have a record, reports runs that
 * fail and goes on, and keeps the finished runs when the plan is paused or cancelled.
 */
import { detailsOf } from "../base";
import { runAuditPlan } from "./audit/run-audit-plan";
import { createDeviceSession, type DeviceSession } from "./device-session";
import { createEstimator, type Estimator } from "./eta";
import { type RunEvent, shareDone } from "./events";
import type { PlanJob } from "./plan-job";
import { type IdentifiedRun, runLabel } from "./resolve";

/** Reason to abort the signal with; anything else counts as "cancelled". */
export type StopReason = "paused" | "cancelled";
export type PlanOutcome = "done" | StopReason;

/** A plan under way. */
interface Progressing {
  job: PlanJob;
  session: DeviceSession;
  estimator: Estimator;
  /** Ids of the runs that had a record at the start. */
  finished: ReadonlySet<string>;
  emit: (event: RunEvent) => void;
}

/** @throws RadaptError `device.lost` when the device is lost for the second time */
export async function runPlan(job: PlanJob): Promise<{ outcome: PlanOutcome; failed: number }> {
  const { runs, records, signal } = job;
  const emit = (event: RunEvent) => job.onEvent?.(event);
  const finished = await records.has(runs.map(({ id }) => id));
  emit({ type: "plan", total: runs.length, done: finished.size });
  const session = createDeviceSession(job);
  const plan: Progressing = { job, session, estimator: createEstimator(), finished, emit };
  let failed = 0;
  try {
    for (const [index, run] of runs.entries()) {
      if (finished.has(run.id)) emit({ type: "run-done", id: run.id, index, reused: true });
      else if (!(await computeRun(run, index, plan))) failed++;
    }
    await runAuditPlan(job.audit ?? [], job);
  } catch (error) {
    const outcome: StopReason = signal?.aborted && signal.reason !== "paused" ? "cancelled" : "paused";
    emit({ type: "finished", outcome });
    if (signal?.aborted) return { outcome, failed };
    throw error;
  } finally {
    await session.close();
  }
  emit({ type: "finished", outcome: "done" });
  return { outcome: "done", failed };
}

/**
 * Computes one run, stores its record, and estimates the time left while it works and after it.
 *
 * @returns false where the run failed
 * @throws the signal's reason when aborted; `device.lost`
 */
async function computeRun(
  run: IdentifiedRun,
  index: number,
  { job, session, estimator, finished, emit }: Progressing,
): Promise<boolean> {
  const { clock, records, signal } = job;
  signal?.throwIfAborted();
  const waiting = job.runs.slice(index + 1).flatMap(({ id, config }) => (finished.has(id) ? [] : [config]));
  const emitEta = (ms: number | null) => {
    if (ms !== null) emit({ type: "eta", ms });
  };
  const started = clock.now();
  emit({ type: "run-start", id: run.id, label: runLabel(run), index });
  let done = true;
  try {
    const record = await session.compute(run, (event) => {
      emit(event);
      const share = event.type === "epoch" ? shareDone(event) : 0;
      const running = { config: run.config, ms: clock.now() - started, share };
      if (share > 0) emitEta(estimator.left(waiting, running));
    });
    await records.putIfAbsent(record);
    emit({ type: "run-done", id: run.id, index, reused: false });
  } catch (error) {
    if (signal?.aborted || session.isLost()) throw error;
    done = false;
    emit({ type: "run-failed", id: run.id, index, error: detailsOf(error) });
  }
  estimator.done(run.config, clock.now() - started);
  emitEta(estimator.left(waiting));
  return done;
}
