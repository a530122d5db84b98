/** One plan serves the estimate and the trainer; a plan of other options is refused. */
import { expect, test } from "vitest";
import { tinyConvNet } from "../../models/testing";
import { openModel } from "../backbone/open";
import { createCpuDevice } from "../devices/cpu";
import { totalBytes } from "../memory";
import type { TrainerPlanOptions } from "../types";
import type { Device } from "./device";
import { planTraining } from "./plan";
import { createTrainer } from "./trainer";

function setUp() {
  const cpu = createCpuDevice() as Device;
  const planned: number[] = [];
  const device: Device = {
    ...cpu,
    planTraining: (graph, options) => {
      planned.push(graph.batch);
      return cpu.planTraining(graph, options);
    },
  };
  const options: TrainerPlanOptions = {
    model: openModel(tinyConvNet()),
    device,
    method: { id: "full", config: {} },
    classes: 2,
    batch: 4,
    microBatch: 3,
    optimizer: { name: "sgd", momentum: 0.9, nesterov: false, weightDecay: 0, headL2: 0 },
  };
  return { options, planned };
}

test("a trainer is created from the plan that was estimated", async () => {
  const { options, planned } = setUp();
  const plan = planTraining(options);
  expect(totalBytes(plan.estimate)).toBeGreaterThan(0);
  const trainer = await createTrainer({ ...options, plan, seed: 1 });
  expect(planned).toEqual([3]);
  trainer.dispose();
});

test("a trainer without a plan plans itself, once", async () => {
  const { options, planned } = setUp();
  (await createTrainer({ ...options, seed: 1 })).dispose();
  expect(planned).toEqual([3]);
});

test("a plan of other options is refused by the option's name", async () => {
  const { options } = setUp();
  const plan = planTraining(options);
  const other = createTrainer({ ...options, microBatch: 2, plan, seed: 1 });
  await expect(other).rejects.toMatchObject({ code: "engine.plan", parts: { where: "option microBatch" } });
});
