/**
 * The self-test runs every operator's cases and every method's stored steps on one device, and
 * compares them with references that come from elsewhere. It tells which operator or method is
 * wrong and by how much. It never throws because of a wrong number.
 */

import { eventLoopYielder } from "../../base/event-loop";
import type { OnProgress } from "../../base/progress";
import { allCases } from "../ops/testing";
import type { Device } from "../training/device";
import type { EngineDevice } from "../types";
import { checkMethod } from "./method-check";
import { checkOp } from "./op-check";
import type { SelfTestRow } from "./row";
import { loadStoredCases } from "./stored-cases";

export { loadStoredCases } from "./stored-cases";

export interface SelfTestOptions {
  onProgress?: OnProgress;
  /** Ends the test between two cases. */
  signal?: AbortSignal;
}

/**
 * Runs the self-test.
 *
 * @returns rows in the order of the checks: operators with their gradients, then methods
 * @throws the signal's reason when aborted
 */
export async function selfTest(
  device: EngineDevice,
  { onProgress, signal }: SelfTestOptions = {},
): Promise<SelfTestRow[]> {
  const stored = await loadStoredCases();
  const checks: { what: string; run: () => Promise<SelfTestRow[]> }[] = [
    ...allCases.map(({ name, def, c }) => ({
      what: `operator ${def.type}`,
      run: () => checkOp(device as Device, name.slice(def.type.length).trim(), def, c),
    })),
    ...stored.map((c) => ({ what: `training steps, ${c.name}`, run: () => checkMethod(device, c) })),
  ];
  const rows: SelfTestRow[] = [];
  // A device on the processor blocks the event loop, so the test yields to it between two checks.
  const turn = eventLoopYielder(signal);
  for (const [done, { what, run }] of checks.entries()) {
    await turn();
    onProgress?.({ done, total: checks.length, what });
    rows.push(...(await run()));
  }
  onProgress?.({ done: checks.length, total: checks.length, what: "done" });
  return rows;
}
