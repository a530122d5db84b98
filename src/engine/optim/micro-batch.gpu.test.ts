/** Compares micro-batches and clipping on WebGPU with the interpreter and with whole batches. */
import { expect, test } from "vitest";
import { createCpuDevice } from "../devices/cpu";
import { createWebGpuDevice } from "../devices/gpu/device";
import { testGpu } from "../devices/gpu/test-gpu";
import { largestDifference, plainSgd, trial } from "../training/testing";

test("a step in passes is the whole batch's step, clipped or not, and the same seed gives the same bits", async () => {
  const device = await createWebGpuDevice({ gpu: await testGpu() });
  for (const id of ["lora", "full"]) {
    for (const clipNorm of [0, 0.5]) {
      const optimizer = { ...plainSgd, clipNorm };
      const whole = await trial(device, { id, optimizer });
      const passes = await trial(device, { id, optimizer, microBatch: 2 });
      expect(largestDifference(passes.results, whole.results)).toBeLessThan(1e-5);
      expect((await trial(device, { id, optimizer, microBatch: 2 })).results).toEqual(passes.results);
      const cpu = await trial(createCpuDevice(), { id, optimizer, microBatch: 2 });
      expect(largestDifference(passes.results, cpu.results)).toBeLessThan(1e-4);
    }
  }
  device.dispose();
});
