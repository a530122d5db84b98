/** A backbone on arrival: the engine against onnxruntime, and what is refused. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { createCpuDevice, createTrainer, openModel } from "../engine/index";
import { TensorProtoSchema } from "../engine/onnx/onnx.gen";
import { f32, i8, modelBytes, normals, op } from "../engine/onnx/test-files";
import { splitFiles } from "../models/files";
import { createFeatureRuntime } from "../models/ort";
import { tinyConvNet, writeTinyOnnx } from "../models/testing";
import { type ArrivalTools, type BackboneRequest, receiveBackbone, relativeDifference } from "./add-backbone";

const tools: ArrivalTools = {
  openModel,
  createTrainer,
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

test("a file for grey images: one channel in its preprocessing, and features that agree", async () => {
  const weight = Float32Array.from({ length: 5 * 4 * 4 }, (_, i) => Math.sin(i));
  const bytes = writeTinyOnnx({
    inputs: [{ name: "x", shape: ["batch", 1, 8, 8] }],
    outputs: [{ name: "y", shape: ["batch", 5] }],
    weights: [{ name: "stem.weight", shape: [5, 1, 4, 4], data: weight }],
    nodes: [
      {
        op: "Conv",
        inputs: ["x", "stem.weight"],
        outputs: ["c"],
        attributes: { kernel_shape: [4, 4], strides: [4, 4] },
      },
      { op: "GlobalAveragePool", inputs: ["c"], outputs: ["p"] },
      { op: "Flatten", inputs: ["p"], outputs: ["y"] },
    ],
  });
  const received = await receiveBackbone({ name: "Grey", source: { file: file(bytes) } }, tools);
  expect(received.backbone.preprocessing).toMatchObject({ channels: 1, size: 8 });
  expect(received.check.relativeError).toBeLessThan(1e-5);
});

test("a head input inside the graph has its own width; one that the file lacks is refused", async () => {
  const path = fileURLToPath(new URL("../../tools/reference/structures/vit-tanh-deep.onnx", import.meta.url));
  const preprocessing = {
    size: 16,
    resize: 16,
    interpolation: "bicubic",
    crop: "crop",
    mean: [0, 0, 0],
    std: [1, 1, 1],
  };
  const request = (bytes: Uint8Array) =>
    ({ name: "Deep", source: { file: file(bytes) }, preprocessing, feature: "cls4+mean" }) as BackboneRequest;
  const { backbone, check } = await receiveBackbone(request(readFileSync(path)), tools);
  expect(backbone.feature).toBe("cls4+mean");
  expect(check.featureWidth).toBe(5 * 8);
  expect(check.relativeError).toBeLessThan(1e-4);
  const plain = { ...request(tinyConvNet()), preprocessing: undefined };
  await expect(receiveBackbone(plain, tools)).rejects.toMatchObject({ code: "feature.none" });
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

/** The tiny network's weights in a file of their own. */
function twoFiles() {
  const weight = normals("weight", [4, 3, 4, 4]);
  const data = new Uint8Array(weight.buffer);
  const stored = create(TensorProtoSchema, {
    name: "w",
    dataType: 1,
    dims: [4n, 3n, 4n, 4n],
    dataLocation: 1,
    externalData: [{ key: "location", value: "tiny.onnx_data" }],
  });
  const model = modelBytes({
    nodes: [
      op("Conv", ["x", "w"], ["c"], { kernel_shape: [4, 4], strides: [4, 4] }),
      op("GlobalAveragePool", ["c"], ["p"]),
      op("Flatten", ["p"], ["y"]),
    ],
    weights: [stored],
    inputs: { x: [1, 3, 8, 8] },
    outputs: { y: [1, 4] },
  });
  return { model, data };
}

test("weights in a second file: opened together one backbone; alone an error that names the missing file", async () => {
  const { model, data } = twoFiles();
  const attempt = (files: { name: string; file: Blob }[]) =>
    receiveBackbone({ name: "Two", source: { file: file(model), data: files } }, tools);
  const { backbone, check, bytes } = await attempt([{ name: "tiny.onnx_data", file: file(data) }]);
  expect(check.relativeError).toBeLessThan(1e-5);
  expect(backbone).toMatchObject({
    bytes: model.length + data.length,
    external: [{ location: "tiny.onnx_data", bytes: data.length }],
  });
  const split = splitFiles(bytes, backbone.external);
  expect([...split.bytes]).toEqual([...model]);
  expect([...split.external.get("tiny.onnx_data")!]).toEqual([...data]);
  await expect(attempt([])).rejects.toThrow(/Choose both files at once: the \.onnx file and tiny\.onnx_data/);
});

test("by address the data file is fetched from beside the model", async () => {
  const { model, data } = twoFiles();
  const original = globalThis.fetch;
  const asked: string[] = [];
  globalThis.fetch = async (url) => {
    asked.push(String(url));
    return new Response(file(String(url).endsWith("_data") ? data : model));
  };
  try {
    const source = { url: "https://models.example/a/tiny.onnx?download=true" };
    const { backbone } = await receiveBackbone({ name: "Two", source }, tools);
    expect(asked).toEqual([source.url, "https://models.example/a/tiny.onnx_data"]);
    expect(backbone.external).toHaveLength(1);
  } finally {
    globalThis.fetch = original;
  }
});

test("an 8-bit file is taken with the difference that its own arithmetic makes, and that is reported", async () => {
  const model = modelBytes({
    nodes: [
      op("Flatten", ["x"], ["f"]),
      op("DynamicQuantizeLinear", ["f"], ["q", "s", "z"]),
      op("MatMulInteger", ["q", "fc.weight_quantized", "z"], ["i"]),
      op("Cast", ["i"], ["m"], { to: 1 }),
      op("Mul", ["s", "ws"], ["both"]),
      op("Mul", ["m", "both"], ["y"]),
    ],
    weights: [
      i8(
        "fc.weight_quantized",
        [192, 8],
        normals("fc", [192, 8], 30).map((v) => Math.max(-127, Math.min(127, Math.round(v)))),
      ),
      f32("ws", [], [0.01]),
    ],
    inputs: { x: [1, 3, 8, 8] },
    outputs: { y: [1, 8] },
  });
  const { backbone, check } = await receiveBackbone({ name: "Eight", source: { file: file(model) } }, tools);
  expect(check.relativeError).toBeGreaterThan(1e-3);
  expect(check.relativeError).toBeLessThan(0.03);
  expect(check.note).toMatch(/what the file's own arithmetic explains/);
  expect(backbone.notes).toEqual([expect.stringMatching(/8-bit integers.*activations are not quantised/)]);
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
