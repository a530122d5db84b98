/** Timed passes compute what untimed passes compute, and the timer reports every dispatch. */
import { expect, test } from "vitest";
import { tinyConvNet } from "../../../models/testing";
import { createTrainer, createWebGpuDevice, openModel } from "../../index";
import { groupDispatches, opsOf } from "../../profile/dispatch-groups";
import { productRate, profileStep } from "../../profile/profile";
import { requestTestAdapter, testGpu } from "./test-gpu";
import { timeDispatches } from "./timing";

const optimizer = { name: "adamw", weightDecay: 0 } as const;

test("a step under the clock gives the same bits; each of its dispatches has a time and its operations", async () => {
  const timer = timeDispatches(await testGpu());
  const device = await createWebGpuDevice({ gpu: timer.gpu });
  const trainer = await createTrainer({
    model: openModel(tinyConvNet()),
    device,
    classes: 2,
    batch: 2,
    optimizer,
    seed: 1,
    cutFrozen: false,
    method: { id: "full", config: {} },
  });
  const inputs = [Float32Array.from({ length: 2 * 3 * 8 * 8 }, (_, i) => Math.sin(i))];
  const batch = { inputs, targets: Float32Array.of(1, 0, 0, 1), weights: Float32Array.of(0.5, 0.5) };
  const trained = async () => {
    trainer.reset(1);
    trainer.step(batch, { adapter: 0.1, head: 0.1 });
    return [await trainer.losses(), ...(await trainer.exportTrainables()).map((t) => t.data)];
  };
  const untimed = await trained();
  const { features } = await requestTestAdapter();
  if (!features.has("timestamp-query")) {
    expect(() => timer.start()).toThrow(/timestamp-query/);
    return;
  }
  timer.start();
  const timed = await trained();
  const dispatches = await timer.stop();
  expect(timed).toEqual(untimed);
  const groups = groupDispatches(dispatches, opsOf);
  expect(groups.find((g) => g.name === "optimiser")?.count).toBe(1);
  expect(dispatches.every((d) => d.us >= 0)).toBe(true);
  // Forward and backward products of patches [8, 48] with weights [4, 48], and of the head.
  const products = groups.filter((g) => g.name.startsWith("MatMul"));
  expect(products.reduce((sum, g) => sum + g.flops, 0)).toBeGreaterThanOrEqual(2 * 8 * 48 * 4);
  trainer.step(batch, { adapter: 0, head: 0 });
  await trainer.idle();
  timer.start();
  expect(await timer.stop()).toEqual([]);
  trainer.dispose();

  const { dispatches: step, ms } = await profileStep({
    model: openModel(tinyConvNet()),
    device,
    timer,
    batch: 2,
    method: { id: "full", config: {} },
  });
  expect(step.length).toBe(dispatches.length);
  expect(ms).toBeGreaterThan(0);
  const rate = await productRate(device, timer, { a: [16, 8], b: [4, 8], transB: true });
  expect(rate.product).toBe("16×8 · 4×8ᵀ");
  expect(rate.gflops).toBeGreaterThanOrEqual(0);
  device.dispose();
});
