/** A backbone on arrival: the engine against onnxruntime, and what is refused. */
import { expect, test } from "vitest";
import { createCpuDevice, createTrainer, openModel } from "../engine";
import { createFeatureRuntime } from "../models/ort";
import { tinyConvNet, writeTinyOnnx } from "../models/testing";
import { type ArrivalTools, receiveBackbone, relativeDifference } from "./add-backbone";

const tools: ArrivalTools = {
  ...{ openModel, createTrainer },
  runtime: createFeatureRuntime({ threads: 1 }),
  device: createCpuDevice(),
};
const file = (bytes: Uint8Array) => new Blob([Uint8Array.from(bytes)]);

test("a sound file: its row, its size, and features that agree", async () => {
  const bytes = tinyConvNet();
  const {
    backbone,
    check,
    bytes: kept,
  } = await receiveBackbone({ name: "Tiny", source: { file: file(bytes) } }, tools);
  expect([...kept]).toEqual([...bytes]);
  expect(backbone).toMatchObject({ name: "Tiny", bytes: bytes.length, origin: "file", feature: "auto" });
  expect(backbone.preprocessing).toMatchObject({ size: 8, resize: 8 });
  expect(backbone.sha256.startsWith(backbone.id)).toBe(true);
  expect(check.featureWidth).toBe(4);
  expect(check.relativeError).toBeLessThan(1e-5);
  expect(check.info.ops).toMatchObject({ Conv: 1, Relu: 1 });
});

test("pulled by address, with progress", async () => {
  const original = globalThis.fetch;
  globalThis.fetch = async () => new Response(file(tinyConvNet()));
  const seen: string[] = [];
  try {
    const source = { url: "https://models.example/tiny.onnx" };
    const onProgress = ({ what }: { what: string }) => void seen.push(what);
    const { backbone } = await receiveBackbone({ name: "Tiny", source }, { ...tools, onProgress });
    expect(backbone).toMatchObject({ origin: "url", source: "https://models.example/tiny.onnx" });
    expect(seen).toContain("Pulling the model");
  } finally {
    globalThis.fetch = original;
  }
});

test("other files, truncated files and unknown operators are refused with a reason", async () => {
  const whole = tinyConvNet();
  const odd = writeTinyOnnx({
    inputs: [{ name: "x", shape: ["n", 3, 8, 8] }],
    outputs: [{ name: "y", shape: ["n", 3, 8, 8] }],
    weights: [],
    nodes: [{ op: "Frobnicate", inputs: ["x"], outputs: ["y"] }],
  });
  const attempt = (bytes: Uint8Array) => receiveBackbone({ name: "odd.onnx", source: { file: file(bytes) } }, tools);
  await expect(attempt(new TextEncoder().encode("PK\u0003\u0004"))).rejects.toMatchObject({
    code: "backbone.not-onnx",
  });
  await expect(attempt(whole.subarray(0, whole.length - 40))).rejects.toThrow(/What to do/);
  await expect(attempt(odd)).rejects.toThrow(/Frobnicate/);
});

test("features that differ are not trained on", async () => {
  const wrong: ArrivalTools["createTrainer"] = async (options) => {
    const trainer = await createTrainer(options);
    const encode = trainer.encode.bind(trainer);
    trainer.encode = async (images, count) => (await encode(images, count)).map((data) => data.map((v) => v * 1.01));
    return trainer;
  };
  const request = { name: "Tiny", source: { file: file(tinyConvNet()) } };
  await expect(receiveBackbone(request, { ...tools, createTrainer: wrong })).rejects.toMatchObject({
    code: "backbone.check",
  });
});

test("differences are relative to the largest value", () => {
  expect(relativeDifference(Float32Array.of(1, 10), Float32Array.of(1, 20))).toBe(0.5);
  expect(relativeDifference(Float32Array.of(1), Float32Array.of(1, 2))).toBeNaN();
});
