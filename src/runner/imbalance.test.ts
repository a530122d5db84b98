/**
 * What training settings of loss, sampling, mixup, augmentation and the head's rates make of runs,
 * on a fake trainer.
 */
import { describe, expect, test } from "vitest";
import { planSchema } from "../bench/plan";
import type { RunRecord } from "../bench/record";
import type { TrainerOptions } from "../engine/types";
import { createMemoryRecordStore } from "../storage/memory";
import { type EpochEvent, type RunEvent, shareDone } from "./events";
import type { PlanJob } from "./plan-job";
import { resolveRuns } from "./resolve";
import { runPlan } from "./run-plan";
import { fakeJob, fakePlan, fakeTrainer, fakeTrainerLog, tinyBackbone, tinyDataset, tinyModel } from "./testing";

async function runsOf(training: object, methods: string[], plan: object = {}) {
  const parsed = planSchema.parse({
    dataset: { id: "tiny" },
    backbones: [{ id: "mean" }],
    methods: methods.map((id) => ({ id, training })),
    folds: 4,
    seeds: [0],
    training: { epochs: 4, batch: 8 },
    ...plan,
  });
  return resolveRuns(parsed, tinyDataset().row, [tinyBackbone]);
}

async function records(
  training: object,
  methods = ["lora"],
  job: Partial<PlanJob> = {},
  log = fakeTrainerLog(),
): Promise<RunRecord[]> {
  const runs = job.runs ?? (await runsOf(training, methods));
  const store = createMemoryRecordStore();
  const { failed } = await runPlan(fakeJob({ records: store, ...job, runs }, log));
  expect(failed).toBe(0);
  return store.list(runs.map(({ id }) => id));
}

describe("loss", () => {
  test("its name and settings reach the trainer", async () => {
    const log = fakeTrainerLog();
    await records({ loss: "focal", focalGamma: 3 }, ["lora"], {}, log);
    expect(log.created.map(({ loss }) => loss)).toEqual([{ name: "focal", gamma: 3 }]);
    expect(log.adjustments).toEqual([]);
  });

  test("each loss has a trainer of its own, and what the frozen part gives is encoded once for all", async () => {
    const log = fakeTrainerLog();
    const methods = ["cross-entropy", "focal"].map((loss) => ({ id: "lora", training: { loss } }));
    await records({}, [], { runs: await runsOf({}, [], { methods }) }, log);
    expect(log.created.map(({ loss }) => loss!.name)).toEqual(["cross-entropy", "focal"]);
    expect(log.encoded).toBe(40);
  });

  test("log priors are those of each fold's training images, in one trainer", async () => {
    const log = fakeTrainerLog();
    const kept = await records({ loss: "logit-adjusted", logitTau: 2, classWeights: "none" }, ["lora"], {}, log);
    expect(log.created).toHaveLength(1);
    const labels = new Map(tinyDataset().row.images.map(({ name, label }) => [name, label]));
    const expected = kept.map(({ split }) =>
      [0, 1].map((c) => {
        const share = split.train.filter((name) => labels.get(name) === c).length / split.train.length;
        return Math.fround(2 * Math.log(share));
      }),
    );
    expect(log.adjustments).toEqual(expected);
    expect(kept.flatMap(({ warnings }) => warnings)).toEqual([]);
  });

  test("correcting twice stands in the record", async () => {
    const [first] = await records({ sampling: "balanced" });
    expect(first.warnings).toEqual([
      "Balanced sampling and balanced class weights both correct for rare classes: one suffices.",
    ]);
  });
});

describe("mixup", () => {
  test("reads images at every step, and mixes them by the seed alone", async () => {
    const log = fakeTrainerLog();
    const [mixed] = await records({ mixup: 0.4 }, ["lora"], {}, log);
    expect(log.created.map(({ cutFrozen }) => cutFrozen)).toEqual(["features"]);
    expect(log.encoded).toBe(0);
    expect((await records({ mixup: 0.4 }))[0].curve).toEqual(mixed.curve);
    expect((await records({}))[0].curve).not.toEqual(mixed.curve);
    expect(mixed.warnings).toEqual([]);
  });

  test("leaves features that were computed once alone, and says so", async () => {
    const [mixed] = await records({ mixup: 0.4 }, ["linear-probe"]);
    const [plain] = await records({}, ["linear-probe"]);
    expect(mixed.predictions).toEqual(plain.predictions);
    expect(mixed.warnings).toEqual([expect.stringMatching(/computed once.*mixup/)]);
  });
});

describe("augmentation", () => {
  const bright = { augment: ["brightness"], augmentProbability: 1 };

  test("reads images at every step, and changes them by the seed alone", async () => {
    const log = fakeTrainerLog();
    const [augmented] = await records(bright, ["lora"], {}, log);
    expect(log.created.map(({ cutFrozen }) => cutFrozen)).toEqual(["features"]);
    expect(log.encoded).toBe(0);
    expect(augmented.warnings).toEqual([]);
    expect(augmented.config.training).toMatchObject(bright);
    expect((await records(bright))[0].curve).toEqual(augmented.curve);
    for (const other of [{}, { ...bright, augmentProbability: 0.5 }, { ...bright, augmentBrightness: 0.1 }])
      expect((await records(other))[0].curve).not.toEqual(augmented.curve);
  });

  test("what was stopped and resumed is what would have been computed at once", async () => {
    const runs = await runsOf(bright, ["lora"]);
    const store = createMemoryRecordStore();
    const abort = new AbortController();
    const onEvent = (event: RunEvent) => {
      if (event.type === "epoch" && event.id === runs[1].id) abort.abort("paused");
    };
    await runPlan(fakeJob({ runs, records: store, signal: abort.signal, onEvent }));
    expect(await store.list()).toHaveLength(1);
    await runPlan(fakeJob({ runs, records: store }));
    const learnt = (list: RunRecord[]) => list.map(({ curve, predictions }) => ({ curve, predictions }));
    expect(learnt(await store.list(runs.map(({ id }) => id)))).toEqual(learnt(await records(bright)));
  });

  test("training images alone are changed, anew in every epoch", async () => {
    const steps: Float32Array[] = [];
    const predicted: Float32Array[] = [];
    const createTrainer = async (options: TrainerOptions) => {
      const trainer = fakeTrainer(options, fakeTrainerLog());
      const step: typeof trainer.step = (batch, lr) => {
        steps.push(batch.inputs[0]);
        trainer.step(batch, lr);
      };
      const predict: typeof trainer.predict = (inputs, count) => {
        predicted.push(inputs[0]);
        return trainer.predict(inputs, count);
      };
      return { ...trainer, step, predict };
    };
    const runs = (await runsOf(bright, ["full"])).slice(0, 1);
    const engine = { openModel: () => tinyModel, planTraining: fakePlan(), createTrainer };
    const [record] = await records({}, [], { runs, engine });
    const valuesOf = (inputs: Float32Array[]) => inputs.flatMap((data) => [...data].filter((_, i) => i % 192 === 0));
    const stored = new Set(Array.from({ length: 256 }, (_, value) => Math.fround(value / 255)));
    expect(valuesOf(predicted)).not.toEqual([]);
    expect(valuesOf(predicted).filter((value) => !stored.has(value))).toEqual([]);
    const trained = valuesOf(steps);
    expect(trained).toHaveLength(record.epochs * record.split.train.length);
    expect(new Set(trained.filter((value) => !stored.has(value))).size).toBe(trained.length);
  });

  test("a head that is solved on features goes without, and says so", async () => {
    const [augmented] = await records(bright, ["linear-probe"]);
    const [plain] = await records({}, ["linear-probe"]);
    expect(augmented.predictions).toEqual(plain.predictions);
    expect(augmented.warnings).toEqual([expect.stringMatching(/computed once.*augmentation/)]);
  });

  test("a method that takes steps on features goes without, and says so", async () => {
    const onFeatures = { id: "linear-probe", config: {} };
    const createTrainer = async (options: TrainerOptions) =>
      fakeTrainer({ ...options, method: onFeatures }, fakeTrainerLog());
    const job = { engine: { openModel: () => tinyModel, planTraining: fakePlan(), createTrainer } };
    const [augmented] = await records(bright, ["lora"], job);
    const [plain] = await records({}, ["lora"], job);
    expect(augmented.curve).toEqual(plain.curve);
    expect(augmented.warnings).toEqual([expect.stringMatching(/computed once.*not augmented/)]);
  });
});

describe("head learning rates", () => {
  const grid = { headLrs: [3e-2, 1e-2, 1e-3], standardize: true };

  test("the one with the best validation loss is kept: as if trained with it alone", async () => {
    for (const headLrs of [grid.headLrs, grid.headLrs.toReversed()]) {
      const [record] = await records({ ...grid, headLrs });
      const { chosen, candidates } = record.headRates!;
      expect(candidates.map(({ headLr }) => headLr)).toEqual(headLrs);
      const best = candidates.reduce((a, b) => (b.valLoss! < a.valLoss! ? b : a));
      expect(chosen).toBe(best.headLr);
      const [alone] = await records({ headLr: chosen });
      expect(record.curve).toEqual(alone.curve);
      expect(record.curve.find(({ epoch }) => epoch === record.bestEpoch)!.valLoss).toBe(best.valLoss);
      record.predictions.forEach(({ probabilities }, i) => {
        expect(probabilities[1]).toBeCloseTo(alone.predictions[i].probabilities[1], 5);
      });
      expect(alone.headRates).toBeUndefined();
    }
  });

  test("no test image is read before the choice is made", async () => {
    const log = fakeTrainerLog();
    const dataset = tinyDataset();
    const reads: { name: string; steps: number }[] = [];
    const image = (name: string) => {
      reads.push({ name, steps: log.steps });
      return dataset.image(name);
    };
    const runs = (await runsOf({ ...grid, standardize: false }, ["full"])).slice(0, 1);
    const budgets = { images: 0, encoded: 0, perTrainer: 0, trainerPool: 0 };
    const [record] = await records({}, [], { runs, budgets, dataset: { ...dataset, image } }, log);
    expect(record.headRates!.candidates).toHaveLength(3);
    expect(log.steps).toBe(3 * 4 * Math.ceil(record.split.train.length / 8));
    const test = new Set(record.split.test);
    const ofTest = reads.filter(({ name }) => test.has(name));
    expect(ofTest).toHaveLength(test.size);
    for (const { steps } of ofTest) expect(steps).toBe(log.steps);
  });

  test("progress counts every candidate", async () => {
    const events: RunEvent[] = [];
    const runs = (await runsOf(grid, ["lora"])).slice(0, 1);
    await records({}, [], { runs, onEvent: (event) => events.push(event) });
    const epochs = events.filter((event): event is EpochEvent => event.type === "epoch");
    expect(epochs.map(shareDone)).toEqual(epochs.map((_, i) => expect.closeTo((i + 1) / 12, 9)));
    expect(epochs[4].candidate).toEqual({ index: 1, of: 3, label: "head learning rate 0.01, 2 of 3" });
  });

  test("a rate with which training diverges is passed over", async () => {
    const [record] = await records({ headLrs: [1e300, 1e-2] });
    expect(record.headRates).toEqual({
      chosen: 1e-2,
      candidates: [
        { headLr: 1e300, valLoss: null },
        { headLr: 1e-2, valLoss: expect.any(Number) },
      ],
    });
    const runs = await runsOf({ headLrs: [1e300, 1e299] }, ["lora"]);
    const events: RunEvent[] = [];
    await runPlan(fakeJob({ runs: runs.slice(0, 1), onEvent: (event) => events.push(event) }));
    expect(events.find((event) => event.type === "run-failed")).toMatchObject({
      error: { code: "train.diverged" },
    });
  });
});
