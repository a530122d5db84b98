/** Runs and plans on a fake trainer: records, reuse, failures, pause and resume, device loss. */
import { expect, test } from "vitest";
import { planSchema } from "../bench/plan";
import type { FeatureRuntime } from "../models/ort";
import { createMemoryFeatureStore, createMemoryRecordStore } from "../storage/memory";
import { openDeviceOrCpu } from "./devices";
import type { RunEvent } from "./events";
import { type IdentifiedRun, resolveRuns } from "./resolve";
import { runPlan } from "./run-plan";
import {
  fakeDevice,
  fakeJob,
  fakePlan,
  fakeTrainer,
  fakeTrainerLog,
  tinyBackbone,
  tinyDataset,
  tinyModel,
} from "./testing";

function runsOf(plan: object = {}): Promise<IdentifiedRun[]> {
  const parsed = planSchema.parse({
    dataset: { id: "tiny" },
    backbones: [{ id: "mean" }],
    methods: [{ id: "linear-probe" }, { id: "lora" }],
    regimes: ["full", { shots: 4 }],
    folds: 4,
    seeds: [0],
    training: { epochs: 6, batch: 8 },
    ...plan,
  });
  return resolveRuns(parsed, tinyDataset().row, [tinyBackbone]);
}

const loraOnly = { methods: [{ id: "lora" }], regimes: ["full"] };

test("a plan becomes records that stand for themselves", async () => {
  const runs = await runsOf();
  const records = createMemoryRecordStore();
  const events: RunEvent[] = [];
  const log = fakeTrainerLog();
  const result = await runPlan(fakeJob({ runs, records, onEvent: (event) => events.push(event) }, log));
  expect(result).toEqual({ outcome: "done", failed: 0 });
  const kept = await records.list();
  expect(kept.map(({ id }) => id).sort()).toEqual(runs.map(({ id }) => id).sort());
  for (const record of kept) {
    const { split, predictions, dataset } = record;
    expect(predictions.map(({ image }) => image)).toEqual(split.test);
    expect(new Set([...split.train, ...split.val, ...split.test]).size).toBe(
      split.train.length + split.val.length + split.test.length,
    );
    for (const { probabilities } of predictions) expect(probabilities[0] + probabilities[1]).toBeCloseTo(1, 6);
    expect(record.metrics.matthews_corrcoef).toBeGreaterThan(0.9);
    expect(dataset).toMatchObject({ images: 40, patients: 20, prevalence: [0.5, 0.5] });
    expect(record.environment).toEqual({
      radapt: "0.0.0",
      host: "test",
      device: "fake",
      featureRuntime: "test runtime",
    });
    expect(record.totalParameters).toBe(10 + 6);
    expect(record.curve.at(-1)!.epoch).toBe(record.epochs);
  }
  expect(events[0]).toEqual({ type: "plan", total: 16, done: 0 });
  expect(events.at(-1)).toEqual({ type: "finished", outcome: "done" });
  expect(events.filter(({ type }) => type === "run-done")).toHaveLength(16);
  expect(events.some((event) => event.type === "eta" && event.ms > 0)).toBe(true);
});

test("trainers are reused, every image is encoded once, and one trainer holds the probe in all regimes", async () => {
  const log = fakeTrainerLog();
  const runs = await runsOf({ seeds: [0, 1] });
  await runPlan(fakeJob({ runs }, log));
  const lora = log.created.filter(({ method }) => method.id === "lora");
  expect(lora).toHaveLength(1);
  expect(log.encoded).toBe(40);
  expect(log.created.filter(({ method }) => method.id === "linear-probe")).toHaveLength(1);
  expect(log.disposed).toBe(log.created.length);
});

test("a head input inside the graph is computed by the engine, once per image, and kept", async () => {
  const backbone = { ...tinyBackbone, feature: "cls4" };
  const runs = (await runsOf()).map((run) => ({
    ...run,
    config: { ...run.config, backbone: { ...run.config.backbone, feature: "cls4" } },
  }));
  const runtime: FeatureRuntime = { label: "none", open: () => Promise.reject(new Error("not asked for")) };
  const features = createMemoryFeatureStore();
  const job = { runs: runs.slice(0, 2), backbones: [backbone], features, runtime };
  const log = fakeTrainerLog();
  expect(await runPlan(fakeJob(job, log))).toEqual({ outcome: "done", failed: 0 });
  const encoder = log.created.filter(({ batch, feature }) => batch === 8 && feature === "cls4");
  expect(encoder.length).toBeGreaterThan(0);
  const again = fakeTrainerLog();
  await runPlan(fakeJob({ ...job, records: createMemoryRecordStore() }, again));
  expect(again.encoded).toBeLessThan(log.encoded);
});

test("the second time nothing is computed; another backbone setting computes anew", async () => {
  const records = createMemoryRecordStore();
  const features = createMemoryFeatureStore();
  const runs = await runsOf();
  await runPlan(fakeJob({ runs, records, features }));
  const log = fakeTrainerLog();
  const events: RunEvent[] = [];
  await runPlan(fakeJob({ runs, records, features, onEvent: (event) => events.push(event) }, log));
  expect(log.created).toHaveLength(0);
  expect(events.filter((event) => event.type === "run-done" && event.reused)).toHaveLength(16);
  expect((await runsOf({ splitSeed: 7 })).some(({ id }) => runs.some((run) => run.id === id))).toBe(false);
});

test("the same seed gives the same predictions", async () => {
  const runs = await runsOf();
  const [a, b] = [createMemoryRecordStore(), createMemoryRecordStore()];
  await runPlan(fakeJob({ runs, records: a }));
  await runPlan(fakeJob({ runs: [...runs].reverse(), records: b }));
  const predictions = async (store: typeof a) => (await store.list(runs.map(({ id }) => id))).map((r) => r.predictions);
  expect(await predictions(a)).toEqual(await predictions(b));
});

test("a failing run is reported and the others go on", async () => {
  const runs = await runsOf(loraOnly);
  const events: RunEvent[] = [];
  const log = fakeTrainerLog();
  let calls = 0;
  log.beforeStep = () => {
    if (calls++ === 3) throw new Error("boom");
  };
  const records = createMemoryRecordStore();
  const result = await runPlan(fakeJob({ runs, records, onEvent: (event) => events.push(event) }, log));
  expect(result).toEqual({ outcome: "done", failed: 1 });
  expect(events).toContainEqual({ type: "run-failed", id: runs[0].id, index: 0, error: { title: "boom" } });
  expect(await records.list()).toHaveLength(3);
});

test.each(["paused", "cancelled"] as const)(
  "%s: finished runs stay, the rest is computed on resume",
  async (reason) => {
    const runs = await runsOf(loraOnly);
    const records = createMemoryRecordStore();
    const abort = new AbortController();
    const log = fakeTrainerLog();
    const events: RunEvent[] = [];
    log.beforeStep = () => {
      if (log.resets.length === 0 && log.created.length > 2) abort.abort(reason);
    };
    const onEvent = (event: RunEvent) => {
      events.push(event);
      if (event.type === "epoch" && event.id === runs[1].id) abort.abort(reason);
    };
    const first = await runPlan(fakeJob({ runs, records, signal: abort.signal, onEvent }));
    expect(first.outcome).toBe(reason);
    expect(events.at(-1)).toEqual({ type: "finished", outcome: reason });
    expect((await records.list()).map(({ id }) => id)).toEqual([runs[0].id]);
    expect(await runPlan(fakeJob({ runs, records }))).toEqual({ outcome: "done", failed: 0 });
    expect(await records.list()).toHaveLength(4);
  },
);

test("a pause ends the making of a trainer: kernels that compile are not waited for", async () => {
  const runs = await runsOf(loraOnly);
  const abort = new AbortController();
  const job = fakeJob({ runs, signal: abort.signal });
  const createTrainer: typeof job.engine.createTrainer = ({ signal }) =>
    new Promise((_, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason));
      abort.abort("paused");
    });
  const result = await runPlan({ ...job, engine: { ...job.engine, createTrainer } });
  expect(result).toEqual({ outcome: "paused", failed: 0 });
});

test("a lost device is opened once more; the second loss stops the plan", async () => {
  const runs = await runsOf(loraOnly);
  const losing = async (times: number) => {
    const records = createMemoryRecordStore();
    const log = fakeTrainerLog();
    let device = fakeDevice();
    let opened = 0;
    const openDevice = async () => {
      device = fakeDevice();
      opened++;
      return { device, missing: null };
    };
    log.beforeStep = () => {
      if (opened <= times && log.steps % 10 === 5) device.lose("the driver was reset");
    };
    const result = runPlan(fakeJob({ runs, records, openDevice }, log)).catch((error: Error) => error.message);
    return { result: await result, records: (await records.list()).length, opened };
  };
  expect(await losing(1)).toEqual({ result: { outcome: "done", failed: 0 }, records: 4, opened: 2 });
  const broken = await losing(9);
  expect(broken.result).toMatch(/lost twice[\s\S]*the driver was reset/);
  expect(broken.opened).toBe(2);
});

test("without an adapter every method runs on the processor, and the record names what computed it", async () => {
  const runs = await runsOf({ regimes: ["full"], folds: 2 });
  const device = { ...fakeDevice(), info: { ...fakeDevice().info, label: "CPU, test" } };
  const noAdapter = () => Promise.reject(new Error("No WebGPU adapter"));
  const openDevice = () => openDeviceOrCpu(noAdapter, () => device);
  expect((await openDevice()).missing?.message).toBe("No WebGPU adapter");
  const records = createMemoryRecordStore();
  expect(await runPlan(fakeJob({ runs, records, openDevice }))).toEqual({ outcome: "done", failed: 0 });
  const devices = (await records.list()).map(({ environment }) => environment.device);
  expect(devices).toEqual(runs.map(() => "CPU, test"));
});

test("where encoded inputs would not fit, images go through the whole model", async () => {
  const log = fakeTrainerLog();
  const runs = await runsOf({ methods: [{ id: "lora" }], regimes: [{ shots: 2 }] });
  const budgets = { images: 0, encoded: 10, perTrainer: 0, trainerPool: 0 };
  await runPlan(fakeJob({ runs, budgets }, log));
  expect(log.encoded).toBe(0);
  expect(log.created.map(({ cutFrozen }) => cutFrozen)).toEqual([false]);
});

test("early stopping goes back to the best epoch", async () => {
  const [run] = await runsOf({ methods: [{ id: "lora", training: { patience: 2, epochs: 50, headLr: 5 } }] });
  const records = createMemoryRecordStore();
  const log = fakeTrainerLog();
  // After four epochs every step makes the model worse: the best one must come back.
  const engine = {
    openModel: () => tinyModel,
    planTraining: fakePlan(),
    createTrainer: async (options: Parameters<typeof fakeTrainer>[0]) => {
      const trainer = fakeTrainer(options, log);
      return {
        ...trainer,
        step: (b: Parameters<typeof trainer.step>[0], lr: { adapter: number; head: number }) =>
          trainer.step(b, { ...lr, head: log.steps < 12 ? 0.01 : -1 }),
      };
    },
  };
  await runPlan(fakeJob({ runs: [run], records, engine }, log));
  const [record] = await records.list();
  expect(record.epochs).toBe(record.bestEpoch + 2);
  expect(record.curve.at(-1)!.valLoss!).toBeGreaterThan(record.curve[record.bestEpoch - 1].valLoss!);
  expect(record.metrics.matthews_corrcoef).toBeGreaterThan(0.9);
});

test("a batch that does not fit the memory is split into micro-batches: reported once, recorded, same id", async () => {
  const runs = await runsOf(loraOnly);
  const records = createMemoryRecordStore();
  const events: RunEvent[] = [];
  const log = fakeTrainerLog();
  const engine = {
    openModel: () => tinyModel,
    planTraining: fakePlan(100),
    createTrainer: async (options: Parameters<typeof fakeTrainer>[0]) => fakeTrainer(options, log),
  };
  const budgets = { images: 0, encoded: 1e6, perTrainer: 600, trainerPool: 1e6 };
  await runPlan(fakeJob({ runs, records, engine, budgets, onEvent: (event) => events.push(event) }, log));
  expect(events.filter(({ type }) => type === "micro-batch")).toEqual([
    { type: "micro-batch", id: runs[0].id, batch: 8, microBatch: 4 },
  ]);
  const kept = await records.list();
  expect(kept.map(({ id }) => id).sort()).toEqual(runs.map(({ id }) => id).sort());
  expect(kept.map(({ microBatch }) => microBatch)).toEqual(runs.map(() => 4));
  expect(kept.map(({ config }) => config.training.microBatch)).toEqual(runs.map(() => 0));
});
