/**
 * Tests the self-test's store: it loads the last report, an abort is no error, and a report counts
 * only for its own adapter.
 */
import { beforeEach, expect, test } from "vitest";
import { RadaptError } from "../../base";
import type { DeviceInfo } from "../../engine/types";
import type { SelfTestReport } from "../../runner/self-test-report";
import { selfTestSetting } from "../../storage/types";
import { provideFakes } from "./fakes";
import { cancelSelfTest, initialSelfTest, loadSelfTest, selfTestStore, startSelfTest, verdictOn } from "./self-test";

const device: DeviceInfo = {
  kind: "webgpu",
  label: "GPU 1",
  vendor: "v",
  architecture: "a",
  description: "d",
  software: false,
  features: [],
  limits: { maxBufferSize: 1 },
};
const row = { what: "op", name: "Add", case: "[2]", error: 1e-7, tolerance: 2e-5, verdict: "pass", ms: 1 } as const;
const report = (change: Partial<SelfTestReport> = {}): SelfTestReport => ({
  schema: 1,
  date: "2026-01-02T00:00:00Z",
  radapt: "0.1.0",
  host: "Node",
  ms: 5,
  rows: [row],
  device,
  ...change,
});

beforeEach(() => selfTestStore.setState(initialSelfTest));

test("a stored report is shown again; anything else is none", async () => {
  provideFakes({}, { settings: { [selfTestSetting]: report() } });
  await loadSelfTest();
  expect(selfTestStore.getState().report).toEqual(report());
  provideFakes({}, { settings: { [selfTestSetting]: { ...report(), rows: "lost" } } });
  await loadSelfTest();
  expect(selfTestStore.getState().report).toBeNull();
});

test("a test tells its progress and ends with its report", async () => {
  provideFakes({
    selfTest: async (onProgress) => {
      onProgress({ done: 1, total: 2, what: "operator Add" });
      expect(selfTestStore.getState()).toMatchObject({ status: "running", progress: { done: 1 } });
      return report();
    },
  });
  await startSelfTest();
  expect(selfTestStore.getState()).toEqual({ status: "idle", progress: null, report: report(), error: null });
});

test("a cancelled test keeps the last report and is no error; a refused one says why", async () => {
  selfTestStore.setState({ report: report() });
  const kept = provideFakes({
    selfTest: () => Promise.reject(new RadaptError("Cancelled. Nothing was kept of it.", { code: "cancelled" })),
  });
  await cancelSelfTest();
  expect(kept.calls).toEqual(["abort"]);
  await startSelfTest();
  expect(selfTestStore.getState()).toMatchObject({ status: "idle", error: null, report: report() });
  provideFakes({ selfTest: () => Promise.reject(new Error("A plan is running on this adapter.")) });
  await startSelfTest();
  expect(selfTestStore.getState().error).toEqual({ title: "A plan is running on this adapter." });
});

test("a report speaks of the adapter that it was made on", () => {
  const failed = report({ rows: [row, { ...row, verdict: "fail" }] });
  expect(verdictOn(report(), device)).toBe("passed");
  expect(verdictOn(failed, device)).toBe("failed");
  expect(verdictOn(failed, { ...device, label: "GPU 2" })).toBe("none");
  expect(verdictOn(null, device)).toBe("none");
  expect(verdictOn(failed, null)).toBe("none");
});
