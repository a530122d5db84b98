/** The self-test: the last report, as stored, and the running test. */
import { createStore } from "zustand/vanilla";
import { detailsOf, type ErrorDetails } from "../../base";
// This import bypasses the engine's index, since the page only counts failures and needs no code
// that computes.
import { failures } from "../../engine/selftest/summary";
import type { DeviceInfo } from "../../engine/types";
import type { SelfTestReport } from "../../runner/self-test-report";
import { selfTestSetting } from "../../storage/types";
import type { Progress } from "../../worker/protocol";
import { wasCancelled } from "./notices";
import { services } from "./services";

export interface SelfTestState {
  status: "idle" | "running" | "cancelling";
  progress: Progress | null;
  report: SelfTestReport | null;
  error: ErrorDetails | null;
}

export const initialSelfTest: SelfTestState = { status: "idle", progress: null, report: null, error: null };

export const selfTestStore = createStore<SelfTestState>(() => initialSelfTest);

/** Checks the shape of a stored report, by a library that the first screen does without. */
const reader = () => import("../../runner/self-test-report");

export async function loadSelfTest(): Promise<void> {
  const stored = await services().storage.getSetting(selfTestSetting);
  if (stored === undefined) return selfTestStore.setState({ report: null });
  const { parseSelfTestReport } = await reader();
  selfTestStore.setState({ report: parseSelfTestReport(stored) });
}

/** Loads the files of the test, so that it can run offline later. */
export async function prepareSelfTest(): Promise<void> {
  await Promise.all([services().worker.prepareSelfTest(), reader()]);
}

export async function startSelfTest(): Promise<void> {
  selfTestStore.setState({ status: "running", progress: null, error: null });
  try {
    const report = await services().worker.selfTest((progress) => selfTestStore.setState({ progress }));
    selfTestStore.setState({ report });
  } catch (error) {
    if (!wasCancelled(error)) selfTestStore.setState({ error: detailsOf(error) });
  }
  selfTestStore.setState({ status: "idle", progress: null });
}

export async function cancelSelfTest(): Promise<void> {
  selfTestStore.setState({ status: "cancelling" });
  await services().worker.abort();
}

/** True if the report belongs to this device. */
export function isOf(report: SelfTestReport, device: Pick<DeviceInfo, "kind" | "label"> | null | undefined): boolean {
  return report.device.kind === device?.kind && report.device.label === device.label;
}

/** The verdict of the last report on a device; "none" if the report belongs to another device. */
export function verdictOn(
  report: SelfTestReport | null,
  device: DeviceInfo | null | undefined,
): "none" | "passed" | "failed" {
  if (!report || !isOf(report, device)) return "none";
  return failures(report.rows).length > 0 ? "failed" : "passed";
}
