/**
 * Ids of runs that earlier versions stored: a setting that changed its meaning or its default would
 * change them.
 */
import { expect, test } from "vitest";
import { type PlanInput, planSchema } from "../bench/plan";
import { resolveRuns } from "./resolve";
import { tinyBackbone, tinyDataset } from "./testing";

/** The id of the first run of a plan with one method. */
async function idOf(method: PlanInput["methods"][number], training: PlanInput["training"] = {}): Promise<string> {
  const plan = planSchema.parse({
    dataset: { demo: true },
    backbones: [{ id: "tiny" }],
    methods: [method],
    training,
  });
  const [run] = await resolveRuns(plan, tinyDataset().row, [tinyBackbone]);
  return run.id;
}

test.each([
  ["nearest-mean", "ad8aa746da9f1a20ac40"],
  ["knn", "7bd74a6585fd410a9aba"],
  ["tip-adapter", "e18a5d59be261b3bdd01"],
  ["linear-probe", "62e037d58dafbddb4dfe"],
  ["bitfit", "12178da9532d9e1c0e35"],
  ["ln-tuning", "6fa7fc3c2d51d283140c"],
  ["ia3", "3c65a321684fa09eafb5"],
  ["ssf", "d3bfdcd2ce651c7c8966"],
  ["vera", "d3bcf6924a8800e482d9"],
  ["lora", "b741b5b2ebaadd342808"],
  ["dora", "e751933e950470ef5f79"],
  ["vpt", "33a4bb8c8afe1df728f7"],
  ["bottleneck", "3841eaa9ad3a45d6116b"],
  ["last-blocks", "ee0a5646ecfdc1340088"],
  ["full", "55eea9cba7b5ffb01cce"],
])("%s with its defaults", async (id, recorded) => {
  expect(await idOf({ id })).toBe(recorded);
});

test.each([
  [{ r: 4, alpha: 1, dropout: 0.1, targets: "study", bias: "all", rslora: true }, "4742cd9b80b2ba4d1c9a"],
  [{ targets: ["attn.q", "fc1"], rankPattern: { fc1: 2 }, alphaPattern: { "blocks.0": 3 } }, "dd0ac1c68fb54f478510"],
])("LoRA with %j", async (config, recorded) => {
  expect(await idOf({ id: "lora", config })).toBe(recorded);
});

test.each<[NonNullable<PlanInput["training"]>, string]>([
  [{ optimizer: "sgd", momentum: 0.5 }, "038a9821847b3c3daaf8"],
  [{ optimizer: "lion", momentum: 0.5, clipNorm: 1 }, "89bef8cb293ebefa5a33"],
  [{ loss: "focal", focalGamma: 3, logitTau: 2 }, "6d58783cbcf75b457e63"],
  [{ loss: "logit-adjusted", focalGamma: 3, logitTau: 2 }, "f163db5e867d2562c25d"],
  [{ classWeights: "effective", effectiveBeta: 0.9, labelSmoothing: 0.1 }, "e6681bf392c24165bd7b"],
  [{ augment: ["zoom", "flip"], augmentZoom: 0.2, augmentShift: 0.3 }, "1cc7404e6f0760732bfe"],
])("training with %j", async (training, recorded) => {
  expect(await idOf({ id: "lora" }, training)).toBe(recorded);
});
