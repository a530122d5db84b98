/**
 * Mixed precision takes about half the memory. Its gradients and losses are close to those of
 * float32, and a gradient that overflows changes no trainable.
 */
import { afterAll, describe, expect, test } from "vitest";
import { relativeDifference } from "../../../../tools/bench/statistics";
import { batchOf, networkOf, vitOnnx } from "../../../../tools/bench/vit";
import {
  createTrainer,
  createWebGpuDevice,
  estimateMemory,
  openModel,
  type TrainerOptions,
  targetsOf,
} from "../../index";
import { testGpu } from "./test-gpu";
import { importNoise } from "./test-trainables";

const device = await createWebGpuDevice({ gpu: await testGpu() });
afterAll(() => device.dispose());
const offers = device.info.features.includes("shader-f16");

const net = networkOf("micro", 8);
const { images, labels } = batchOf(net);
const options: TrainerOptions = {
  model: openModel(vitOnnx(net)),
  device,
  classes: 2,
  batch: 8,
  seed: 1,
  method: { id: "lora", config: { r: 8, alpha: 16 } },
  optimizer: { name: "adamw", weightDecay: 0, clipNorm: 1 },
};
const lr = { adapter: 1e-3, head: 1e-2 };

const difference = (got: Float32Array, want: Float32Array) => relativeDifference([...got], [...want]);

// SwiftShader lacks f16 and lavapipe has it, so the tests check both cases.
if (!offers)
  test("an adapter without half precision says so before anything is compiled, and what to do", async () => {
    const refused = createTrainer({ ...options, precision: "f16" });
    await expect(refused).rejects.toMatchObject({ code: "gpu.no-f16", parts: { remedy: /precision f32/ } });
    expect(() => estimateMemory({ ...options, precision: "f16" })).toThrow(/half precision/);
  });
else
  describe("an adapter with half precision", () => {
    test("takes about half the memory, as estimated", async () => {
      const single = await createTrainer(options);
      const half = await createTrainer({ ...options, precision: "f16" });
      const { recomputed, excess, encoded, ...estimated } = estimateMemory({ ...options, precision: "f16" });
      expect(half.bytes).toEqual(estimated);
      // The frozen part stays float32 and has weights of its own, because it runs only once per
      // image.
      expect(half.bytes.activations).toBeLessThan(0.7 * single.bytes.activations);
      expect(half.bytes.weights).toBeLessThan(0.7 * single.bytes.weights);
      for (const trainer of [single, half]) trainer.dispose();
    });

    test.each([8, 4])("has nearly the gradients of float32 (passes of %d images)", async (microBatch) => {
      const gradientsIn = async (precision: "f32" | "f16") => {
        const model = openModel(vitOnnx(networkOf("micro", microBatch)));
        const trainer = await createTrainer({ ...options, model, microBatch, precision });
        importNoise(trainer);
        const inputs = await trainer.encode(images.data, 8);
        trainer.step({ inputs, ...targetsOf(labels, 2) }, { adapter: 0, head: 0 });
        const gradients = await trainer.gradients();
        trainer.dispose();
        return gradients;
      };
      const [want, got] = [await gradientsIn("f32"), await gradientsIn("f16")];
      got.forEach(({ data }, i) => void expect(difference(data, want[i].data)).toBeLessThan(0.05));
    });

    test("learns as float32 does", async () => {
      const lossesIn = async (precision: "f32" | "f16") => {
        const trainer = await createTrainer({ ...options, precision });
        const inputs = await trainer.encode(images.data, 8);
        for (let i = 0; i < 25; i++) trainer.step({ inputs, ...targetsOf(labels, 2) }, lr);
        const losses = await trainer.losses();
        trainer.dispose();
        return losses;
      };
      const [want, got] = [await lossesIn("f32"), await lossesIn("f16")];
      expect(want[24]).toBeLessThan(0.8 * want[0]);
      expect(difference(got, want)).toBeLessThan(0.02);
    });

    test("a step that overflows changes nothing, and the next one learns", async () => {
      const trainer = await createTrainer({ ...options, cutFrozen: false, precision: "f16" });
      const state = async () => (await trainer.exportTrainables()).map((t) => t.data);
      const before = await state();
      const targets = targetsOf(labels, 2);
      trainer.step({ inputs: [images.data.map(() => 1e30)], ...targets }, lr);
      expect(await state()).toEqual(before);
      expect(await trainer.overflows()).toBe(1);
      trainer.step({ inputs: [images.data], ...targets }, lr);
      const after = await state();
      expect(after.every((data) => data.every(Number.isFinite))).toBe(true);
      expect(after).not.toEqual(before);
      expect(await trainer.overflows()).toBe(1);
      trainer.dispose();
    });
  });
