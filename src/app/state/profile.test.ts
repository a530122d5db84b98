/** Tests the profile's store: progress, report, cancellation and failure. */
import { beforeEach, expect, test } from "vitest";
import { RadaptError } from "../../base";
import type { ProfileReport } from "../../worker/protocol";
import { provideFakes } from "./fakes";
import { cancelProfile, initialProfile, profileStore, startProfile } from "./profile";

const choice = { backboneId: "b", method: "lora", batch: 8 };
const memory = { weights: 1, activations: 1, optimizer: 1, workspace: 1, recomputed: 0, excess: null, encoded: 0 };
const report: ProfileReport = {
  device: "GPU 1",
  method: "LoRA r 8",
  batch: 8,
  size: 224,
  ms: 5,
  flops: 1e9,
  memory,
  best: 400,
  dispatches: [],
  kernels: [],
  modules: [],
  products: [],
};

beforeEach(() => profileStore.setState(initialProfile));

test("a profile tells its progress and ends with its report", async () => {
  const seen: unknown[] = [];
  provideFakes({
    profile: async (_choice, onProgress) => {
      onProgress({ done: 1, total: 7, what: "timing steps" });
      seen.push(profileStore.getState());
      return report;
    },
  });
  await startProfile(choice, "Hybrid");
  expect(seen).toMatchObject([{ status: "running", progress: { done: 1, total: 7 } }]);
  expect(profileStore.getState()).toEqual({ ...initialProfile, report: { ...report, backbone: "Hybrid" } });
});

test("a cancel keeps the report of before and is no error; a failure is one", async () => {
  let fail: (error: Error) => void = () => {};
  const { calls } = provideFakes({ profile: () => new Promise((_, reject) => (fail = reject)) });
  profileStore.setState({ report: { ...report, backbone: "Hybrid" } });
  const cancelled = startProfile(choice, "Hybrid");
  await cancelProfile();
  expect(calls).toEqual(["abort"]);
  expect(profileStore.getState().status).toBe("cancelling");
  fail(new RadaptError("Cancelled. Nothing was kept of it.", { code: "cancelled" }));
  await cancelled;
  expect(profileStore.getState()).toMatchObject({ status: "idle", error: null, report: { backbone: "Hybrid" } });
  const failed = startProfile(choice, "Hybrid");
  fail(new Error("no clock"));
  await failed;
  expect(profileStore.getState().error).toEqual({ title: "no clock" });
});
