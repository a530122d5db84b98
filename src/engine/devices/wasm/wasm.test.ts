/**
 * The WASM device through onnxruntime-web in Node: PyTorch's reference steps, and the promises of
 * a program.
 */
import { expect, test } from "vitest";
import { createPrng } from "../../../base/prng";
import { createFeatureRuntime } from "../../../models/ort";
import { tinyConvNet } from "../../../models/testing";
import { createCpuDevice, createTrainer, type EngineDevice, type GraphRuntime, openModel } from "../../index";
import { referenceCases, referenceErrors } from "../../selftest/testing";
import { createWasmDevice } from "./device";

const device = createWasmDevice(createFeatureRuntime({ threads: 2 }));

test.each(referenceCases)("%s as in PyTorch", async (name) => {
  const errors = await referenceErrors(name, device);
  expect(errors.length).toBeGreaterThan(3);
  expect(errors.filter(({ error }) => !(error < 1e-3))).toEqual([]);
});

const optimizer = { name: "adamw", headL2: 0.3 } as const;

/** A small trainer on images of 8×8 pixels, with a batch of its inputs. */
async function smallTrainer(on: EngineDevice, id: string) {
  const prng = createPrng(3, "wasm test");
  const images = Float32Array.from({ length: 3 * 3 * 8 * 8 }, () => prng.normal());
  const method = { id, config: {} };
  const trainer = await createTrainer({
    model: openModel(tinyConvNet()),
    device: on,
    method,
    classes: 2,
    batch: 4,
    optimizer,
    seed: 5,
  });
  // Three images of four: the batch is padded.
  const inputs = await trainer.encode(images, 3);
  const targets = Float32Array.of(1, 0, 0, 1, 1, 0);
  const batch = { inputs, targets, weights: Float32Array.of(0.5, 0.25, 0.25) };
  return { trainer, inputs, batch, lr: { adapter: 0.01, head: 0.1 } };
}

async function trained(on: EngineDevice, id: string) {
  const { trainer, inputs, batch, lr } = await smallTrainer(on, id);
  for (let i = 0; i < 4; i++) trainer.step(batch, lr);
  const losses = await trainer.losses();
  const gradients = await trainer.gradients();
  const logits = await trainer.predict(inputs, 3);
  const tensors = await trainer.exportTrainables();
  trainer.dispose();
  return [losses, logits, ...[...gradients, ...tensors].map((t) => t.data)];
}

test.each(["full", "linear-probe"])(
  "%s: as the reference interpreter, with the head's penalty and a padded batch",
  async (id) => {
    const [got, want] = [await trained(device, id), await trained(createCpuDevice(), id)];
    want.forEach((values, k) => {
      const scale = values.reduce((m, v) => Math.max(m, Math.abs(v)), 1e-6);
      expect(values.reduce((m, v, i) => Math.max(m, Math.abs(v - got[k][i])), 0) / scale).toBeLessThan(1e-4);
    });
  },
);

test("the same seed gives the same bits, whatever was trained before", async () => {
  expect(await trained(device, "full")).toEqual(await trained(device, "full"));
  const { trainer, batch, lr } = await smallTrainer(device, "full");
  const twice: Float32Array[] = [];
  for (let i = 0; i < 2; i++) {
    trainer.reset(7);
    for (let k = 0; k < 3; k++) trainer.step(batch, lr);
    twice.push(await trainer.losses());
  }
  trainer.dispose();
  expect(twice[0]).toEqual(twice[1]);
});

test("what is asked for in a row happens in that row: inputs may be reused, a snapshot is of its moment", async () => {
  const { trainer, inputs, batch, lr } = await smallTrainer(device, "full");
  trainer.step(batch, lr);
  trainer.snapshot();
  const expected = trainer.predict(inputs, 3);
  const images = inputs[0].slice();
  trainer.step({ ...batch, inputs: [images] }, lr);
  images.fill(Number.NaN);
  trainer.step(batch, lr);
  trainer.restore();
  expect(await trainer.predict(inputs, 3)).toEqual(await expected);
  expect([...(await trainer.losses())].every(Number.isFinite)).toBe(true);
  trainer.dispose();
});

test("a failure is reported by whatever waits next, and a reset begins anew", async () => {
  const runtime = createFeatureRuntime({ threads: 1 });
  let failing = false;
  const failingRuntime: GraphRuntime = {
    label: "test",
    openGraph: async (model) => {
      const session = await runtime.openGraph(model);
      const run: typeof session.run = (feeds, fetches) =>
        failing ? Promise.reject(new Error("out of memory")) : session.run(feeds, fetches);
      return { ...session, run };
    },
  };
  const { trainer, batch, lr } = await smallTrainer(createWasmDevice(failingRuntime), "full");
  failing = true;
  trainer.step(batch, lr);
  await expect(trainer.losses()).rejects.toThrow("out of memory");
  failing = false;
  await expect(trainer.idle()).rejects.toThrow("out of memory");
  trainer.reset(0);
  trainer.step(batch, lr);
  expect(await trainer.losses()).toHaveLength(1);
  trainer.dispose();
});
