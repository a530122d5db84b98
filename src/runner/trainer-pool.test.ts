/**
 * Memory decides how many images pass at a time; what is learnt does not depend on it. The engine's
 * own trainer, on the CPU.
 */
import { expect, test } from "vitest";
import {
  createCpuDevice,
  createTrainer,
  estimateMemory,
  openModel,
  planTraining,
  targetsOf,
  totalBytes,
} from "../engine/index";
import type { Device } from "../engine/training/device";
import type { MemoryEstimate, TrainerOptions } from "../engine/types";
import { tinyConvNet } from "../models/testing";
import { createBackboneSession } from "./backbone-session";
import { tinyBackbone, tinyRuntime } from "./testing";
import type { TrainerPlan } from "./trainer-plan";
import { createTrainerPool } from "./trainer-pool";
import type { TrainerRequest } from "./trainer-request";

const batch = 8;
const request: TrainerRequest = {
  method: { id: "full", config: {} },
  classes: 2,
  batch,
  microBatch: 0,
  images: 40,
  readsImages: false,
  optimizer: { name: "adamw", betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0.01, headL2: 0, clipNorm: 0 },
  loss: { name: "cross-entropy" },
  precision: "f32",
};

const backbone = createBackboneSession(
  { ...tinyBackbone, bytes: async () => tinyConvNet() as Uint8Array<ArrayBuffer> },
  openModel,
  tinyRuntime,
);

function poolOf(trainerBytes: number, change: (estimate: MemoryEstimate, m: number) => MemoryEstimate = (f) => f) {
  const made: TrainerOptions[] = [];
  const plans: TrainerPlan[] = [];
  /** Batch of each graph that the device planned. */
  const planned: number[] = [];
  const cpu = createCpuDevice() as Device;
  const device: Device = {
    ...cpu,
    planTraining: (graph, options) => {
      planned.push(graph.batch);
      return cpu.planTraining(graph, options);
    },
  };
  const pool = createTrainerPool({
    device,
    trainerBytes,
    encodedBytes: 1e9,
    poolBytes: 1e9,
    planTraining: (options) => {
      const plan = planTraining(options);
      return { ...plan, estimate: change(plan.estimate, options.microBatch!) };
    },
    createTrainer: (options) => {
      made.push(options);
      return createTrainer(options);
    },
  });
  const take = (asked: Partial<TrainerRequest> = {}) =>
    pool.take({ ...request, ...asked, backbone, seed: 3, onPlan: (plan) => plans.push(plan) });
  return { pool, take, made, plans, planned };
}

/** Bytes that so many images at a time take. */
async function bytesAt(microBatch: number): Promise<number> {
  const model = await backbone.model();
  return totalBytes(estimateMemory({ ...request, model, device: createCpuDevice(), microBatch }));
}

/** Losses of three steps on whole and short batches, and what they learnt. */
async function learnt({ take, pool }: ReturnType<typeof poolOf>) {
  const { trainer, microBatch } = await take();
  for (const count of [batch, 5, batch]) {
    const labels = Array.from({ length: count }, (_, i) => i % 2);
    const images = Float32Array.from({ length: count * 192 }, (_, i) => Math.sin(i * count));
    trainer.step({ inputs: [images], ...targetsOf(labels, 2) }, { adapter: 0.01, head: 0.1 });
  }
  const numbers = [await trainer.losses(), ...(await trainer.exportTrainables()).map((t) => t.data)];
  pool.dispose();
  return { microBatch, numbers: numbers.flatMap((data) => [...data]) };
}

test("a batch too large for the memory is split into micro-batches, with the same result", async () => {
  const whole = await learnt(poolOf(await bytesAt(batch)));
  expect(whole.microBatch).toBe(batch);
  for (const [size, room] of [
    [4, (await bytesAt(batch)) - 1],
    [3, await bytesAt(3)],
    [1, await bytesAt(1)],
    [1, 0],
  ]) {
    const parts = await learnt(poolOf(room));
    expect(parts.microBatch).toBe(size);
    parts.numbers.forEach((x, i) => void expect(Math.abs(x - whole.numbers[i])).toBeLessThan(1e-5));
  }
});

test("what was asked for is done, whether it fits or not; a trainer is planned and made once", async () => {
  const { take, made, plans, pool } = poolOf(await bytesAt(2));
  expect((await take({ microBatch: 6 })).microBatch).toBe(6);
  expect((await take({ microBatch: 6 })).microBatch).toBe(6);
  expect(made.map(({ microBatch }) => microBatch)).toEqual([6]);
  expect(plans).toEqual([expect.objectContaining({ microBatch: 6, fits: false, largest: 2 })]);
  expect((await take()).microBatch).toBe(2);
  pool.dispose();
});

test("the trainer is created from the plan of its estimate", async () => {
  const { take, pool, planned } = poolOf(await bytesAt(batch));
  await take();
  expect(planned).toEqual([batch]);
  pool.dispose();
});

test("beyond the device's limits nothing is made: the error says what would fit", async () => {
  const excess = { what: "MatMul [8×4]", bytes: 300 * 2 ** 20, limit: 128 * 2 ** 20 };
  const limited = poolOf(1e9, (estimate, size) => ({ ...estimate, excess: size > 3 ? excess : null }));
  const refused = limited.take({ microBatch: 6 });
  await expect(refused).rejects.toThrow(/MatMul \[8×4\], 6 images at a time[\s\S]*128 MiB[\s\S]*300 MiB[\s\S]* to 3,/);
  expect((await limited.take()).microBatch).toBe(3);
  const hopeless = poolOf(1e9, (estimate) => ({ ...estimate, excess }));
  await expect(hopeless.take()).rejects.toMatchObject({ code: "gpu.memory" });
  expect(hopeless.made).toEqual([]);
  expect([...limited.made, ...hopeless.made]).toHaveLength(1);
});

test("a trainer serves requests like its own alone", async () => {
  const { take, made, pool } = poolOf(1e9);
  await take();
  await take({ images: 80 });
  expect(made).toHaveLength(1);
  // The interpreter has no half precision: the trainer at hand must not pass for one.
  await expect(take({ precision: "f16" })).rejects.toMatchObject({ code: "gpu.no-f16" });
  await take({ loss: { name: "focal", gamma: 2 } });
  await take({ optimizer: { ...request.optimizer, weightDecay: 0 } });
  expect(made).toHaveLength(3);
  pool.dispose();
});
