/** Runs the engine's self-test and reports it. */
import type { OnProgress } from "../base/progress";
import { type EngineDevice, selfTest } from "../engine/index";
import type { Clock } from "./events";
import type { SelfTestReport } from "./self-test-report";

export interface SelfTestRequest {
  device: EngineDevice;
  clock: Clock;
  environment: { radapt: string; host: string };
  onProgress?: OnProgress;
  signal?: AbortSignal;
}

/** @throws the signal's reason when aborted */
export async function runSelfTest(request: SelfTestRequest): Promise<SelfTestReport> {
  const { device, clock, environment, onProgress, signal } = request;
  const date = clock.iso();
  const began = clock.now();
  const rows = await selfTest(device, { onProgress, signal });
  return { schema: 1, date, ...environment, device: device.info, ms: clock.now() - began, rows };
}
