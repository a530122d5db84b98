/**
 * Checks micro-batches, clipping and moments in the interpreter and through onnxruntime-web.
 * `micro-batch.gpu.test.ts` checks the same on WebGPU.
 */
import { expect, test } from "vitest";
import { createFeatureRuntime } from "../../models/ort";
import { createCpuDevice } from "../devices/cpu";
import { createWasmDevice } from "../devices/wasm/device";
import type { Device, TrainingProgram } from "../training/device";
import { common, largestDifference, plainSgd, trial } from "../training/testing";
import { clipFactor } from "./clip";

const devices = [createCpuDevice(), createWasmDevice(createFeatureRuntime({ threads: 1 }))].map((d) => ({
  kind: d.info.kind,
  device: d,
}));

test.each(devices)("$kind: a step in passes is the whole batch's step", async ({ device }) => {
  for (const id of ["lora", "full"]) {
    const whole = await trial(device, { id });
    for (const microBatch of [1, 2])
      expect(largestDifference((await trial(device, { id, microBatch })).results, whole.results)).toBeLessThan(1e-5);
  }
});

test.each(devices)("$kind: with dropout the same seed gives the same bits, in passes too", async ({ device }) => {
  const dropping = { id: "lora", config: { dropout: 0.5 } };
  const first = await trial(device, { ...dropping, microBatch: 2 });
  expect((await trial(device, { ...dropping, microBatch: 2 })).results).toEqual(first.results);
  expect(largestDifference(first.results, (await trial(device, dropping)).results)).toBeGreaterThan(1e-4);
});

test("no two passes draw the same masks", async () => {
  const right = createCpuDevice() as Device;
  const keys: string[] = [];
  const device: Device = {
    ...right,
    createTrainingProgram: async (...args) => {
      const program = await right.createTrainingProgram(...args);
      const step: TrainingProgram["step"] = (parts, lr) => {
        keys.push(...parts.map(({ key }) => key.join()));
        program.step(parts, lr);
      };
      return { ...program, step };
    },
  };
  await trial(device, { id: "lora", config: { dropout: 0.5 }, microBatch: 2 });
  expect(keys).toHaveLength(4 * 3);
  expect(new Set(keys).size).toBe(keys.length);
});

test.each(devices)("$kind: only what an optimiser and passes need is allocated", async ({ device }) => {
  const bytes = async (optimizer: typeof plainSgd, microBatch = 0) =>
    (await trial(device, { id: "lora", optimizer, microBatch })).bytes;
  const plain = await bytes({ name: "sgd", momentum: 0, nesterov: false, ...common });
  const momentum = await bytes(plainSgd);
  const one = momentum - plain;
  expect(one).toBeGreaterThan(0);
  expect(await bytes({ name: "lion", ...common })).toBe(momentum);
  expect(await bytes({ name: "adamw", ...common })).toBe(plain + 2 * one);
  expect(await bytes(plainSgd, 2)).toBe(momentum + one);
});

test("the factor is PyTorch's: 1 below the norm, never above 1", () => {
  expect(clipFactor(9, 4)).toBe(1);
  expect(clipFactor(9, 1.5)).toBeCloseTo(0.5, 6);
  expect(clipFactor(0, 1)).toBe(1);
});
