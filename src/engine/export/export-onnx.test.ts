/**
 * The adapted model as an ONNX file, run by onnxruntime at several batch sizes, against the engine:
 * every method, every backbone.
 */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createPrng } from "../../base/prng";
import { createFeatureRuntime } from "../../models/ort";
import { adapterOf } from "../adapters";
import { HEAD_BIAS, HEAD_WEIGHT } from "../adapters/adapt";
import { type Case, cases } from "../adapters/testing";
import { type FeatureSource, plainFeature } from "../backbone/features";
import { completeMethod, createCpuDevice, createTrainer, openModel, readMetadata } from "../index";
import { f32, i64, modelBytes, normals, op } from "../onnx/test-files";
import { targetsOf } from "../training/targets";
import type { MethodSpec, NamedTensor } from "../types";
import { exportOnnx } from "./export-onnx";

const runtime = createFeatureRuntime({ threads: 1 });
const optimizer = { name: "adamw" as const, weightDecay: 0 };
const COUNT = 7;
const CLASSES = 3;

const methodOf = ({ id, config }: Case): MethodSpec => ({ id, config: completeMethod(id, config).config });

/**
 * Three lively steps, features standardised; what was learnt, images, and the engine's logits of
 * them.
 */
async function learn(c: Case) {
  const options = {
    model: c.model,
    method: methodOf(c),
    device: createCpuDevice(),
    classes: CLASSES,
    batch: 4,
    optimizer,
  };
  const trainer = await createTrainer({ ...options, seed: 3 });
  const prng = createPrng(5, "export");
  const share = c.model.info.input.shape.reduce((a, b) => a * b);
  const images = Float32Array.from({ length: COUNT * share }, () => prng.normal());
  const width = trainer.featureWidth;
  trainer.setStandardization(new Float32Array(width).fill(0.2), new Float32Array(width).fill(1.5));
  const inputs = await trainer.encode(images, COUNT);
  const first = inputs.map((data) => data.subarray(0, (data.length / COUNT) * 4));
  for (let i = 0; i < 3; i++)
    trainer.step({ inputs: first, ...targetsOf([0, 1, 2, 0], CLASSES) }, { adapter: 3e-2, head: 3e-2 });
  return { images, share, tensors: await trainer.exportTrainables(), logits: await trainer.predict(inputs, COUNT) };
}

const softmax = (row: ArrayLike<number>) => {
  const powers = Array.from(row, Math.exp);
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((p) => p / sum);
};

describe.each(cases)("$title", (c) => {
  test("runs at any batch and predicts as the engine does", async () => {
    const { images, share, tensors, logits } = await learn(c);
    const exported = exportOnnx(c, methodOf(c), tensors, { notice: "research use only" });
    expect(exported).toMatchObject({ batch: null, classes: CLASSES, merged: adapterOf(c.id).mergeable });
    expect(exported.input).toEqual(c.model.info.input);
    const session = await runtime.openGraph({ bytes: exported.bytes, inputs: new Map(), external: new Map() });
    const spread = Math.max(...logits) - Math.min(...logits);
    expect(spread).toBeGreaterThan(1e-2);
    for (const n of [1, 3, COUNT]) {
      const feed = { shape: [n, ...exported.input.shape], data: images.slice(0, n * share) };
      const [got, probabilities] = await session.run({ [exported.input.name]: feed }, ["logits", "probabilities"]);
      expect(got.length).toBe(n * CLASSES);
      got.forEach((v, i) => void expect(Math.abs(v - logits[i])).toBeLessThan(1e-4));
      for (let i = 0; i < n; i++) {
        const want = softmax(logits.subarray(i * CLASSES, (i + 1) * CLASSES));
        want.forEach((p, k) => void expect(Math.abs(p - probabilities[i * CLASSES + k])).toBeLessThan(1e-4));
      }
    }
    await session.dispose();
  });
});

const probe: MethodSpec = { id: "linear-probe", config: completeMethod("linear-probe", {}).config };

const head = (width: number): NamedTensor[] => [
  { name: HEAD_WEIGHT, shape: [2, width], data: normals("head", [2, width]) },
  { name: HEAD_BIAS, shape: [2], data: Float32Array.of(0.5, -0.5) },
];

/** Logits of `count` images of noise. */
async function logitsOf(backbone: FeatureSource, count: number, tensors: NamedTensor[]) {
  const exported = exportOnnx(backbone, probe, tensors);
  const session = await runtime.openGraph({ bytes: exported.bytes, inputs: new Map(), external: new Map() });
  const feed = (n: number, from = 0) => {
    const shape = [n, ...exported.input.shape];
    const share = normals("image", [count, ...exported.input.shape]).length / count;
    const data = normals("image", [count, ...exported.input.shape]).slice(from * share, (from + n) * share);
    return { [exported.input.name]: { shape, data } };
  };
  const run = async (n: number, from = 0) => (await session.run(feed(n, from), ["logits"]))[0];
  return { exported, run, dispose: () => session.dispose() };
}

const structures = JSON.parse(
  readFileSync(new URL("../../../tools/reference/structures/structures.json", import.meta.url), "utf8"),
) as Record<string, { imageSize: number }>;

describe("every known spelling of a structure can be written for any number of images", () => {
  test.each(Object.entries(structures))("%s: one by one as all together", async (name, { imageSize }) => {
    const file = new URL(`../../../tools/reference/structures/${name}.onnx`, import.meta.url);
    const backbone = { model: openModel(readFileSync(file), { imageSize }), imageSize };
    const { plain } = plainFeature({ ...backbone, batch: 1 });
    const { exported, run, dispose } = await logitsOf(backbone, 3, head(plain.shape[1]));
    expect(exported).toMatchObject({ batch: null, notes: [] });
    const together = await run(3);
    const scale = Math.max(1, ...together.map(Math.abs));
    for (let i = 0; i < 3; i++) {
      const alone = await run(1, i);
      alone.forEach((v, k) => void expect(Math.abs(v - together[2 * i + k]) / scale).toBeLessThan(1e-5));
    }
    await dispose();
  });
});

test("a file made for one image only is written for one image, and that is reported", async () => {
  const bytes = modelBytes({
    nodes: [op("Reshape", ["x", "shape"], ["flat"]), op("MatMul", ["flat", "fc.weight"], ["y"])],
    weights: [i64("shape", [1, 48]), f32("fc.weight", [48, 5], normals("fc", [48, 5]))],
    inputs: { x: [1, 3, 4, 4] },
    outputs: { y: [1, 5] },
  });
  const { exported, run, dispose } = await logitsOf({ model: openModel(bytes) }, 1, head(5));
  expect(exported.batch).toBe(1);
  expect(exported.notes.join()).toMatch(/one image at a time/);
  expect([...(await run(1))].every(Number.isFinite)).toBe(true);
  await dispose();
});

test("a head that is missing or of another width is refused; texts are kept in the file", async () => {
  const [{ model }] = cases;
  expect(() => exportOnnx({ model }, probe, [])).toThrow(HEAD_WEIGHT);
  expect(() => exportOnnx({ model }, probe, head(3))).toThrow(/\[classes, \d+\][\s\S]*\[2, 3\]/);
  const { plain } = plainFeature({ model, batch: 1 });
  const texts = { classes: '["no","yes"]', notice: "research use only" };
  const { bytes } = exportOnnx({ model }, probe, head(plain.shape[1]), texts);
  expect(Object.fromEntries(readMetadata(bytes))).toEqual(texts);
});
