/**
 * Tests that Radapt's graph of the benchmark's network, onnxruntime's results, and the counts in
 * the tables belong to one network.
 */
import { expect, test } from "vitest";
import { createCpuDevice, createTrainer, openModel } from "../../src/engine/index";
import { createFeatureRuntime } from "../../src/models/ort";
import { relativeDifference } from "./statistics";
import { batchOf, forwardFlops, loraOf, networkOf, tokensOf, vitOnnx, vitSizes, weightsOf } from "./vit";

const net = networkOf("micro", 2);

test("Radapt computes the features that onnxruntime computes", async () => {
  const bytes = vitOnnx(net);
  const { images } = batchOf(net);
  const session = await createFeatureRuntime({ threads: 1 }).open(bytes, "vit.onnx");
  const wanted = (await session.run(images.data, net.batch, [3, net.image, net.image])).get("features")!;
  expect(wanted.shape).toEqual([net.batch, net.width]);
  const optimizer = { name: "adamw", weightDecay: 0 } as const;
  const trainer = await createTrainer({
    model: openModel(bytes),
    device: createCpuDevice(),
    classes: 2,
    batch: net.batch,
    optimizer,
    seed: 0,
    method: { id: "linear-probe", config: {} },
  });
  const [features] = await trainer.encode(images.data, net.batch);
  expect(relativeDifference(Array.from(features), Array.from(wanted.data))).toBeLessThan(1e-4);
  await session.dispose();
  trainer.dispose();
});

test("every layer has its role and every weight its name, so that all libraries train the same ones", () => {
  const { layers, parameters, warnings } = openModel(vitOnnx(net)).info;
  const weights = weightsOf(net);
  expect(warnings).toEqual([]);
  expect(parameters).toBe(Object.values(weights).reduce((sum, { data }) => sum + data.length, 0));
  expect(layers.filter((l) => l.role === "attn.q" || l.role === "attn.v").map((l) => l.module)).toEqual([
    ...new Set(Object.keys(loraOf(net)).map((name) => name.replace(/\.lora_.$/, ""))),
  ]);
});

test("the sizes are those of the field", () => {
  const count = (size: keyof typeof vitSizes) =>
    Object.values(weightsOf(networkOf(size, 1))).reduce((sum, { data }) => sum + data.length, 0);
  // timm's vit_tiny_patch16_224 without its classifier.
  expect(count("tiny")).toBe(5_524_416);
  expect(tokensOf(vitSizes.small)).toBe(197);
  // 1.25 multiplications with additions per image of ViT-Tiny, in billions (fvcore's count).
  expect(forwardFlops(networkOf("tiny", 1)) / 2e9).toBeCloseTo(1.25, 1);
});
