/**
 * One run: a configuration becomes a record in three steps. Whatever it touches is given in the
 * context.
 */
import type { RunRecord } from "../bench/record";
import { learn } from "./learn";
import { prepareRun } from "./prepare";
import { recordRun } from "./record-run";
import type { IdentifiedRun } from "./resolve";
import type { RunContext } from "./run-context";

/** @throws RadaptError where data, model or training fail; the signal's reason when aborted */
export async function runOne(run: IdentifiedRun, context: RunContext): Promise<RunRecord> {
  const started = context.clock.now();
  const prepared = await prepareRun(run, context);
  const learned = await learn(run, prepared, context);
  return recordRun(run, prepared, learned, { ...context, started });
}
