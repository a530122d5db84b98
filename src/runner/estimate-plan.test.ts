/** One estimate for each backbone with each method; made once; ended by an abort. */
import { expect, test } from "vitest";
import { planSchema } from "../bench/plan";
import { createBackboneSession } from "./backbone-session";
import { type EstimateJob, estimatePlanMemory, type TrainerEstimate } from "./estimate-plan";
import { resolveRuns } from "./resolve";
import { fakeDevice, fakePlan, tinyBackbone, tinyDataset, tinyModel, tinyRuntime } from "./testing";

const { row } = tinyDataset();

async function setUp(plan: object = {}, perImage = 100) {
  const methods = [{ id: "linear-probe" }, { id: "lora" }, { id: "full" }];
  const parsed = planSchema.parse({
    dataset: { id: "tiny" },
    backbones: [{ id: "mean" }],
    methods,
    regimes: ["full", { shots: 2 }],
    folds: 4,
    seeds: [0, 1],
    training: { batch: 8 },
    ...plan,
  });
  const told: TrainerEstimate[] = [];
  let asked = 0;
  const job: EstimateJob = {
    runs: await resolveRuns(parsed, row, [tinyBackbone]),
    dataset: row,
    device: fakeDevice(),
    known: new Map(),
    trainerBytes: 700,
    encodedBytes: 1e6,
    onEstimate: (estimate) => told.push(estimate),
    sessionOf: () => createBackboneSession(tinyBackbone, () => tinyModel, tinyRuntime),
    planTraining: (options) => {
      asked++;
      if (options.method.id === "full") throw new Error("no place for it");
      return fakePlan(perImage)(options);
    },
  };
  return { job, told, questions: () => asked };
}

test("each method is estimated once, at its largest batch, whatever the folds, seeds and shots", async () => {
  const { job, told } = await setUp();
  await estimatePlanMemory(job);
  expect(told.map(({ method, batch }) => [method, batch])).toEqual([
    ["Linear probe", 1],
    ["LoRA r 8", 8],
    ["Full fine-tuning", 8],
  ]);
  expect(told[1]).toMatchObject({
    backbone: "Mean",
    outcome: { microBatch: 4, asked: false, budget: 700, fits: true, largest: 4 },
  });
  expect(told[2].outcome).toEqual({ error: { title: "no place for it" } });
  const few = await setUp({ regimes: [{ shots: 2 }] });
  await estimatePlanMemory(few.job);
  expect(few.told[1].batch).toBe(4);
});

test("a number that was asked for is kept, and what would fit is reported", async () => {
  const { job, told } = await setUp({ training: { batch: 8, microBatch: 7 } });
  await estimatePlanMemory(job);
  expect(told[1].outcome).toMatchObject({ microBatch: 7, asked: true, fits: false, largest: 4 });
});

test("what is known is not asked again; another device or setting is", async () => {
  const { job, told, questions } = await setUp();
  await estimatePlanMemory(job);
  const before = questions();
  await estimatePlanMemory(job);
  expect(questions()).toBe(before);
  expect(told.slice(3)).toEqual(told.slice(0, 3));
  const { info } = job.device;
  await estimatePlanMemory({ ...job, device: { ...job.device, info: { ...info, limits: { maxBufferSize: 1 } } } });
  expect(questions()).toBeGreaterThan(before);
});

test("an abort ends it between two methods", async () => {
  const { job, told } = await setUp();
  const abort = new AbortController();
  const onEstimate = (estimate: TrainerEstimate) => {
    told.push(estimate);
    abort.abort("replaced");
  };
  await expect(estimatePlanMemory({ ...job, signal: abort.signal, onEstimate })).rejects.toBe("replaced");
  expect(told).toHaveLength(1);
});
