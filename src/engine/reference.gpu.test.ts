/** Optimisation steps against PyTorch's (tools/reference), on the adapter and on the CPU interpreter. */
import { expect, test } from "vitest";
import { testGpu } from "./gpu/test-gpu";
import { createCpuDevice, createWebGpuDevice } from "./index";
import { referenceCases, referenceErrors } from "./testing";

test("there are cases", () => expect(referenceCases.length).toBeGreaterThanOrEqual(9));

test.each(referenceCases)("%s on WebGPU", async (name) => {
  const device = await createWebGpuDevice({ gpu: await testGpu() });
  const errors = await referenceErrors(name, device).finally(() => device.dispose());
  expect(errors.length).toBeGreaterThan(3);
  expect(errors.filter(({ error }) => !(error < 1e-3))).toEqual([]);
});

test.each(referenceCases)("%s on the CPU interpreter", async (name) => {
  const errors = await referenceErrors(name, createCpuDevice());
  expect(errors.length).toBeGreaterThan(3);
  expect(errors.filter(({ error }) => !(error < 1e-3))).toEqual([]);
});
