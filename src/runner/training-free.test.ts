/**
 * Methods without training, from plan to record: predictions, choices, what is kept and what is
 * warned of.
 */
import { expect, test } from "vitest";
import { planSchema } from "../bench/plan";
import type { RunRecord } from "../bench/record";
import { createMemoryRecordStore } from "../storage/memory";
import { resolveRuns } from "./resolve";
import type { Learnt } from "./run-context";
import { runPlan } from "./run-plan";
import { fakeJob, fakeTrainerLog, tinyBackbone, tinyDataset } from "./testing";

const methods = [
  { id: "nearest-mean" },
  { id: "nearest-mean", config: { similarity: "cosine" } },
  { id: "knn", config: { k: 30 } },
  { id: "tip-adapter" },
];

async function computed(plan: object = {}) {
  const parsed = planSchema.parse({
    dataset: { id: "tiny" },
    backbones: [{ id: "mean" }],
    methods,
    regimes: ["full", { shots: 4 }],
    folds: 4,
    seeds: [0],
    ...plan,
  });
  const runs = await resolveRuns(parsed, tinyDataset().row, [tinyBackbone]);
  const records = createMemoryRecordStore();
  const log = fakeTrainerLog();
  const kept: Learnt[] = [];
  const keepAdapter = async (learnt: Learnt) => void kept.push(learnt);
  expect(await runPlan(fakeJob({ runs, records, keepAdapter }, log))).toEqual({ outcome: "done", failed: 0 });
  return { records: await records.list(), log, kept };
}

const isOf =
  (id: string) =>
  ({ config }: Pick<RunRecord, "config">) =>
    config.method.id === id;

test("every run predicts its test fold without a step", async () => {
  const { records, log } = await computed();
  expect(records).toHaveLength(4 * 2 * 4);
  expect(log.steps).toBe(0);
  for (const record of records) {
    expect(record).toMatchObject({ trainableParameters: 0, epochs: 0, bestEpoch: 0, steps: 0, curve: [] });
    expect(record.predictions.map(({ image }) => image)).toEqual(record.split.test);
    for (const { probabilities } of record.predictions) expect(probabilities[0] + probabilities[1]).toBeCloseTo(1, 6);
    expect(record.metrics.matthews_corrcoef).toBeGreaterThan(0.8);
    expect(record.totalParameters).toBe(10 + record.storedNumbers!);
  }
  expect((await computed()).records.map(({ predictions }) => predictions)).toEqual(
    records.map(({ predictions }) => predictions),
  );
});

test("choices stand in the record with every candidate's validation loss", async () => {
  const { records } = await computed();
  for (const { choices } of records.filter(isOf("tip-adapter"))) {
    expect(choices!.map(({ chosen }) => Object.keys(chosen))).toEqual([["temperature"], ["alpha", "beta"]]);
    for (const { chosen, candidates } of choices!) {
      const lowest = Math.min(...candidates.map(({ valLoss }) => valLoss));
      expect(candidates.find(({ valLoss }) => valLoss === lowest)!.settings).toEqual(chosen);
    }
  }
  for (const { choices } of records.filter(isOf("knn"))) expect(choices).toBeUndefined();
});

test("a head is handed on for saving; training images' features are not", async () => {
  const { kept } = await computed({ regimes: ["full"], folds: 2 });
  for (const { run, parameters, tensors } of kept) {
    const { id, config } = run.config.method;
    const hasHead = id === "nearest-mean" && config.similarity === "euclidean";
    expect([parameters, (await tensors()).length]).toEqual(hasHead ? [6, 1] : [0, 0]);
  }
  expect(kept).toHaveLength(8);
});

test("what does not enter, and a k above the number of images, is reported", async () => {
  const training = { loss: "focal", headL2: 0.1 };
  const { records } = await computed({ methods: [{ id: "knn", config: { k: 30 } }], folds: 4, training });
  for (const { warnings, config, split } of records) {
    const cut = `There are ${split.train.length} training images: k was cut from 30 to ${split.train.length}.`;
    expect(warnings).toEqual([
      expect.stringMatching(/^The method works on features computed once: other losses/),
      "Nothing is trained: the L2 penalty on the head does not enter.",
      cut,
    ]);
    expect(config.method.config.k).toBe(30);
  }
});
