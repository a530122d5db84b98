/**
 * The training loop, on the engine's own trainer: reading images and computing go on side by side.
 */
import { expect, test } from "vitest";
import { trainingSchema } from "../bench/training";
import { createCpuDevice, createTrainer, openModel } from "../engine/index";
import { tinyConvNet } from "../models/testing";
import { tinyDataset } from "./testing";
import { type TrainingJob, trainModel } from "./train";
import { warningsOf } from "./warnings";

const names = Array.from({ length: 12 }, (_, i) => `image ${i}`);

async function jobOf(change: (job: TrainingJob, events: string[]) => Partial<TrainingJob>) {
  const training = trainingSchema.parse({ epochs: 1, batch: 1, patience: 0, schedule: "constant" });
  const trainer = await createTrainer({
    model: openModel(tinyConvNet()),
    device: createCpuDevice(),
    method: { id: "bitfit", config: {} },
    classes: 2,
    batch: 1,
    seed: 1,
    cutFrozen: false,
    optimizer: { name: "sgd", momentum: 0, nesterov: false, weightDecay: 0, headL2: 0 },
  });
  const events: string[] = [];
  const image = new Float32Array(trainer.inputs[0].shape.reduce((a, b) => a * b, 1)).fill(0.5);
  const job: TrainingJob = {
    trainer,
    inputs: {
      prepare: async () => undefined,
      gather: async ([name]) => {
        events.push(name);
        return [image];
      },
    },
    train: { names, labels: names.map((_, i) => i % 2) },
    val: { names: [], labels: [] },
    batch: 1,
    classes: 2,
    weights: [1, 1],
    valWeights: [1, 1],
    training,
    seed: 1,
    clock: { now: () => 0, iso: () => "" },
  };
  return { job: { ...job, ...change(job, events) }, events };
}

test("the next images are being read while the device is waited for", async () => {
  const read: number[] = [];
  const { job, events } = await jobOf(({ trainer }, seen) => ({
    trainer: Object.assign(Object.create(trainer), {
      idle: async () => {
        read.push(seen.length);
        await trainer.idle();
      },
    }),
  }));
  await trainModel(job);
  expect(events.toSorted()).toEqual(names.toSorted());
  // After eight steps the ninth image is on its way; the device is waited for once in twelve steps.
  expect(read).toEqual([9]);
});

test("an image that cannot be read ends training with its own error", async () => {
  const { job } = await jobOf((plain) => ({
    inputs: {
      ...plain.inputs,
      gather: async (asked, signal) => {
        if (asked[0] === "image 5") throw new Error("image 5 is gone");
        return plain.inputs.gather(asked, signal);
      },
    },
  }));
  await expect(trainModel(job)).rejects.toThrow("image 5 is gone");
});

test("steps that overflowed in half precision are reported", async () => {
  const { job } = await jobOf(({ trainer }) => ({
    trainer: Object.assign(Object.create(trainer), { overflows: async () => 2 }),
  }));
  const row = tinyDataset().row;
  const outcome = await trainModel(job);
  const warnings = warningsOf(row, { train: names, val: [], test: [] }, job, outcome);
  expect(warnings).toContain("2 of 12 steps overflowed in half precision (f16) and changed nothing.");
  const none = warningsOf(row, { train: names, val: [], test: [] }, job, { ...outcome, overflows: 0 });
  expect(none.join()).not.toContain("overflowed");
});
