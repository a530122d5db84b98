/** Compares the engine's features with PyTorch's blocks (tools/reference/structures.py). */
import { describe, expect, test } from "vitest";
import { readSafetensors } from "../../base/safetensors";
import { createCpuDevice, createTrainer, type FeatureKind, openModel } from "../index";
import { isInnerFeature } from "./feature-choice";

const root = "../../../tools/reference/structures";
const files = import.meta.glob<string>("../../../tools/reference/structures/*.{onnx,safetensors}", {
  query: "?inline",
  import: "default",
});
const bytesOf = async (path: string) => new Uint8Array(await (await fetch(await files[path]())).arrayBuffer());
const deep = Object.keys(files).flatMap((path) => /([^/]+)\.safetensors$/.exec(path)?.[1] ?? []);

async function load(name: string) {
  const { tensors } = readSafetensors(await bytesOf(`${root}/${name}.safetensors`));
  const model = openModel(await bytesOf(`${root}/${name}.onnx`), { imageSize: 16 });
  return { model, pixels: tensors.find((t) => t.name === "pixel_values")!.data as Float32Array, tensors };
}

async function encode(name: string, feature: FeatureKind, batch: number) {
  const { model, pixels, tensors } = await load(name);
  const trainer = await createTrainer({
    model,
    feature,
    batch,
    device: createCpuDevice(),
    classes: 2,
    imageSize: 16,
    seed: 0,
    method: { id: "linear-probe", config: {} },
    optimizer: { name: "adamw", weightDecay: 0 },
  });
  expect(trainer.cutAtFeatures).toBe(true);
  expect(trainer.featureWidth).toBe(model.info.features.find((f) => f.kind === feature)!.width);
  return { got: (await trainer.encode(pixels, 3))[0], want: tensors.find((t) => t.name === feature)!.data };
}

test("there are deep models", () => expect(deep.length).toBeGreaterThanOrEqual(4));

// A batch of 17 images has as many images as tokens, so that shapes alone cannot tell the two axes
// apart.
describe.each(deep.flatMap((name) => [3, 17].map((batch) => ({ name, batch }))))("$name in batches of $batch", (c) => {
  test.each(["cls4", "cls4+mean"] as const)("%s", async (kind) => {
    const { got, want } = await encode(c.name, kind, c.batch);
    expect(got.length).toBe(want.length);
    got.forEach((v, i) => void expect(v).toBeCloseTo(want[i], 4));
  });
});

test.each(["cls", "mean", "cls+mean"] as const)("%s of the last block", async (kind) => {
  const { got, want } = await encode("vit-swiglu-registers", kind, 3);
  expect(got.length).toBe(want.length);
  got.forEach((v, i) => void expect(v).toBeCloseTo(want[i], 4));
});

test("what a model cannot give is reported with the reason", async () => {
  const optionsOf = async (name: string) =>
    Object.fromEntries(
      openModel(await bytesOf(`${root}/${name}.onnx`), { imageSize: 32 }).info.features.map((f) => [f.kind, f]),
    );
  expect((await optionsOf("vit-class")).cls).toMatchObject({
    width: null,
    reason: expect.stringMatching("class token"),
  });
  expect((await optionsOf("vit-plain")).cls4.reason).toMatch("2 of the 4");
  expect((await optionsOf("squeeze")).cls4.reason).toMatch("no residual stream");
  expect((await optionsOf("swin"))["cls4+mean"].width).toBeNull();
  expect((await optionsOf("vit-fused"))["cls+mean"].width).toBe(16);
});

test("kinds inside the graph are those that onnxruntime cannot give", async () => {
  const { model } = await load("vit-class");
  expect(model.info.features.filter((f) => isInnerFeature(f.kind)).map((f) => f.width)).toEqual([32, 40]);
});
