/**
 * Computes the shortcut audit of a plan after its runs: those that have no record, one after the
 * other, in seconds. An audit that fails leaves no record, and the plan's own runs do not suffer.
 */
import { detailsOf, eventLoopYielder } from "../../base";
import type { RunEvent } from "../events";
import type { PlanJob } from "../plan-job";
import { type IdentifiedRun, runLabel } from "../resolve";
import { loadPixelFacts, runAudit } from "./audit-run";

/** @throws the signal's reason when aborted */
export async function runAuditPlan(runs: readonly IdentifiedRun[], job: PlanJob): Promise<void> {
  const { records, signal } = job;
  const known = await records.has(runs.map(({ id }) => id));
  const waiting = runs.filter(({ id }) => !known.has(id));
  if (waiting.length === 0) return;
  const emit = (event: RunEvent) => job.onEvent?.(event);
  const turn = eventLoopYielder(signal);
  try {
    const facts = await loadPixelFacts(job);
    for (const run of waiting) {
      await turn();
      await records.putIfAbsent(await runAudit(run, facts, job));
      emit({ type: "audit-done", id: run.id });
    }
  } catch (error) {
    signal?.throwIfAborted();
    emit({ type: "audit-failed", label: runLabel(waiting[0]), error: detailsOf(error) });
  }
}
