/**
 * On the adapter, recomputation gives the same bits from less memory. A trainer states the bytes
 * that were estimated for it, and its buffers take as many, to a tenth.
 */
import { afterAll, describe, expect, test } from "vitest";
import { countDeviceBytes } from "../../../../tools/bench/device-bytes";
import { relativeDifference } from "../../../../tools/bench/statistics";
import { batchOf, networkOf, vitOnnx } from "../../../../tools/bench/vit";
import { createPrng } from "../../../base/prng";
import { tinyConvNet } from "../../../models/testing";
import { cases } from "../../adapters/testing";
import {
  createTrainer,
  createWebGpuDevice,
  estimateMemory,
  openModel,
  type Trainer,
  type TrainerOptions,
  targetsOf,
  totalBytes,
} from "../../index";
import { testGpu } from "./test-gpu";
import { importNoise } from "./test-trainables";

const chosen = cases.filter(
  ({ backbone, title }) =>
    (backbone === "clip-lora" && title.startsWith("lora (dropout")) || title.startsWith("full on resnet"),
);
const device = await createWebGpuDevice({ gpu: await testGpu() });
afterAll(() => device.dispose());
const made = countDeviceBytes();
const optimizer = { name: "adamw", weightDecay: 0 } as const;

/** The trainables after three steps. */
async function trained(trainer: Trainer): Promise<Float32Array[]> {
  const prng = createPrng(3, "memory");
  const inputs = trainer.inputs.map(({ shape }) =>
    Float32Array.from({ length: 2 * shape.reduce((a, b) => a * b, 1) }, () => prng.normal()),
  );
  for (let i = 0; i < 3; i++)
    trainer.step(
      { inputs, targets: Float32Array.of(1, 0, 0, 1), weights: Float32Array.of(0.5, 0.5) },
      { adapter: 1e-2, head: 1e-2 },
    );
  return (await trainer.exportTrainables()).map((t) => t.data);
}

describe.each(chosen)("$title", ({ id, config, model }) => {
  const options: TrainerOptions = {
    model,
    device,
    method: { id, config },
    classes: 2,
    batch: 2,
    imageSize: 16,
    seed: 5,
    optimizer,
  };

  test("a tight budget changes no bit", async () => {
    const free = await createTrainer(options);
    const tight = await createTrainer({ ...options, memory: totalBytes(free.bytes) - 1 });
    expect(tight.bytes.activations).toBeLessThan(free.bytes.activations);
    expect(await trained(tight)).toEqual(await trained(free));
    for (const trainer of [free, tight]) trainer.dispose();
  });

  test.each([Number.POSITIVE_INFINITY, 1])("the estimate equals the trainer's bytes (budget %d)", async (memory) => {
    const trainer = await createTrainer({ ...options, memory });
    const { recomputed, excess, encoded, ...estimated } = estimateMemory({ ...options, memory });
    expect(estimated).toEqual(trainer.bytes);
    expect(recomputed > 0).toBe(memory === 1);
    expect(excess).toBeNull();
    const inputs = trainer.inputs.reduce((sum, { shape }) => sum + 4 * shape.reduce((a, b) => a * b, 1), 0);
    expect(encoded).toBe(trainer.cut ? inputs : 0);
    trainer.dispose();
  });
});

test("a thousand steps and their predictions leave as many bytes allocated as one", async () => {
  const trainer = await createTrainer({
    model: openModel(tinyConvNet()),
    device,
    method: { id: "bitfit", config: {} },
    classes: 2,
    batch: 2,
    seed: 5,
    optimizer,
  });
  const inputs = trainer.inputs.map(({ shape }) => new Float32Array(2 * shape.reduce((a, b) => a * b, 1)).fill(0.1));
  const batch = { inputs, targets: Float32Array.of(1, 0, 0, 1), weights: Float32Array.of(0.5, 0.5) };
  const allocated: number[] = [];
  for (let step = 0; step < 1000; step++) {
    trainer.step(batch, { adapter: 1e-3, head: 1e-3 });
    if (step % 100 !== 0) continue;
    expect(await trainer.losses()).toHaveLength(step === 0 ? 1 : 100);
    await trainer.predict(inputs, 2);
    allocated.push(made.live);
  }
  trainer.dispose();
  expect(new Set(allocated)).toEqual(new Set([allocated[0]]));
});

describe("a vision transformer of 64 px", () => {
  const net = networkOf("micro", 8);
  const model = openModel(vitOnnx(net));

  test.each(["linear-probe", "lora", "full"])("%s makes buffers of the size estimated, to a tenth", async (id) => {
    const options: TrainerOptions = {
      model,
      device,
      method: { id, config: {} },
      classes: 2,
      batch: 8,
      seed: 1,
      optimizer,
    };
    const estimated = totalBytes(estimateMemory(options));
    const before = made.live;
    const trainer = await createTrainer(options);
    const allocated = made.live - before;
    trainer.dispose();
    expect(made.live).toBe(before);
    expect(Math.abs(estimated / allocated - 1)).toBeLessThan(0.1);
  });

  test("where no recomputation fits the budget, attention stores no matrix and has the same gradients", async () => {
    const { images, labels } = batchOf(net);
    const stepped = async (memory: number) => {
      const trainer = await createTrainer({
        model,
        device,
        method: { id: "lora", config: {} },
        classes: 2,
        batch: 8,
        seed: 1,
        optimizer,
        memory,
      });
      importNoise(trainer);
      const inputs = await trainer.encode(images.data, 8);
      trainer.step({ inputs, ...targetsOf(labels, 2) }, { adapter: 0, head: 0 });
      const gradients = await trainer.gradients();
      trainer.dispose();
      return { bytes: totalBytes(trainer.bytes), gradients };
    };
    const [kept, fused] = [await stepped(Number.POSITIVE_INFINITY), await stepped(1)];
    const matrix = 4 * 8 * 2 * 65 * 65;
    expect(fused.bytes).toBeLessThan(kept.bytes - 4 * matrix);
    fused.gradients.forEach(({ data }, i) => {
      const want = kept.gradients[i].data;
      expect(want.some((value) => value !== 0)).toBe(true);
      expect(relativeDifference([...data], [...want])).toBeLessThan(1e-4);
    });
  });

  test.each([1, 100])("ended at kernel %d while compiling, it holds nothing", async (last) => {
    const before = made.live;
    const abort = new AbortController();
    const reached: number[] = [];
    const ended = createTrainer({
      model,
      device,
      method: { id: "lora", config: {} },
      classes: 2,
      batch: 8,
      seed: 1,
      optimizer,
      signal: abort.signal,
      onProgress: (done) => {
        reached.push(done);
        if (done === last) abort.abort("paused");
      },
    });
    await expect(ended).rejects.toBe("paused");
    expect(reached.at(-1)).toBe(last);
    expect(made.live).toBe(before);
  });
});

test("what the device cannot bind is estimated, with its limit", () => {
  const { maxStorageBufferBindingSize: limit } = device.info.limits;
  const model = openModel(tinyConvNet());
  const estimate = (batch: number) =>
    estimateMemory({ model, device, method: { id: "full", config: {} }, classes: 2, batch, optimizer }).excess;
  const image = 4 * 3 * 8 * 8;
  expect(estimate(16)).toBeNull();
  const batch = Math.floor(limit / image) + 1;
  expect(estimate(batch)).toMatchObject({ bytes: batch * image, limit });
});
