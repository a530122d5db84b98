/** What a record keeps of its validation images, and of the classes of its training images. */
import { expect, test } from "vitest";
import { validationWeights } from "../bench/class-weights";
import { planSchema } from "../bench/plan";
import type { RunRecord } from "../bench/record";
import { createMemoryRecordStore } from "../storage/memory";
import { weightedCrossEntropy } from "./evaluate";
import { resolveRuns } from "./resolve";
import { runPlan } from "./run-plan";
import { fakeJob, tinyBackbone, tinyDataset } from "./testing";

async function recordsOf(plan: object): Promise<RunRecord[]> {
  const parsed = planSchema.parse({
    dataset: { id: "tiny" },
    backbones: [{ id: "mean" }],
    methods: [{ id: "linear-probe" }, { id: "lora" }, { id: "nearest-mean" }],
    regimes: ["full", { shots: 4 }],
    folds: 4,
    seeds: [0],
    training: { epochs: 6, batch: 8, patience: 2 },
    ...plan,
  });
  const runs = await resolveRuns(parsed, tinyDataset().row, [tinyBackbone]);
  const records = createMemoryRecordStore();
  expect(await runPlan(fakeJob({ runs, records }))).toEqual({ outcome: "done", failed: 0 });
  return records.list();
}

const labelOf = new Map(tinyDataset().row.images.map(({ name, label }) => [name, label]));

test("validation predictions are those of the model that predicted the test images", async () => {
  for (const record of await recordsOf({})) {
    const { truth, probabilities } = record.validationPredictions!;
    expect(truth).toEqual(record.split.val.map((name) => labelOf.get(name)));
    expect(probabilities).toHaveLength(truth.length);
    const { curve, bestEpoch } = record;
    const point = curve.find(({ epoch }) => epoch === bestEpoch);
    const logits = Float32Array.from(probabilities.flat(), Math.log);
    const trained = record.split.train.map((name) => labelOf.get(name)!);
    const weights = validationWeights(trained, 2, record.config.training);
    if (point) expect(weightedCrossEntropy(logits, truth, weights)).toBeCloseTo(point.valLoss!, 5);
    expect(point === undefined).toBe(record.config.method.id === "nearest-mean");
  }
});

test("a k-shot run counts the images it drew and the part it drew them from", async () => {
  for (const { config, trainCounts, split } of await recordsOf({})) {
    const { used, part } = trainCounts!;
    expect(used[0] + used[1]).toBe(split.train.length);
    expect(used).toEqual(config.regime === "full" ? part : [4, 4]);
    expect(part[0]).toBeGreaterThan(4);
  }
});
