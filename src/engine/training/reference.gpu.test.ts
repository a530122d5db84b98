/** Optimisation steps against PyTorch's (tools/reference), on the adapter. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { testGpu } from "../devices/gpu/test-gpu";
import { createWebGpuDevice, type EngineDevice } from "../index";
import { referenceCases, referenceErrors } from "../selftest/testing";

// One for all: cases of one backbone share most of their kernels, which are compiled once.
let device: EngineDevice;
beforeAll(async () => {
  device = await createWebGpuDevice({ gpu: await testGpu() });
});
afterAll(() => device.dispose());

test.each(referenceCases)("%s on WebGPU", async (name) => {
  const errors = await referenceErrors(name, device);
  expect(errors.length).toBeGreaterThan(3);
  expect(errors.filter(({ error }) => !(error < 1e-3))).toEqual([]);
});
