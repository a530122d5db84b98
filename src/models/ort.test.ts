/**
 * onnxruntime computes the features of a tiny model, also in fixed batches, and refuses bad files.
 */
import { expect, test } from "vitest";
import { RadaptError } from "../base/error";
import { computeFeatures } from "./features";
import { createFeatureRuntime } from "./ort";
import { tinyConvNet, writeTinyOnnx } from "./testing";

const runtime = createFeatureRuntime({ threads: 1 });
const images = Float32Array.from({ length: 3 * 3 * 8 * 8 }, (_, i) => Math.sin(i));

test("features of three images, and the same from a file whose batch is fixed to two", async () => {
  expect(runtime.label).toMatch(/^onnxruntime-web \d+\.\d+\.\d+ \(wasm, 1 thread\)$/);
  const free = await runtime.open(tinyConvNet(), "tiny.onnx");
  expect(free.input).toEqual({ name: "pixel_values", shape: [0, 3, 8, 8] });
  const features = await computeFeatures(free, "auto", images, 3, [3, 8, 8]);
  expect(features.width).toBe(4);
  expect(features.data).toHaveLength(12);
  const one = await computeFeatures(free, "auto", images.subarray(2 * 192), 1, [3, 8, 8]);
  expect([...one.data]).toEqual([...features.data.subarray(8)]);
  const fixed = await runtime.open(tinyConvNet(2), "fixed.onnx");
  expect([...(await computeFeatures(fixed, "auto", images, 3, [3, 8, 8])).data]).toEqual([...features.data]);
  await Promise.all([free.dispose(), fixed.dispose()]);
});

test("an input that nothing reads is fed zeros; a second one that is read is refused", async () => {
  const input = { name: "x", shape: ["batch", 3, 8, 8] };
  const second = { name: "masks", shape: ["batch", 5] };
  const pooled = { op: "GlobalAveragePool", inputs: ["x"], outputs: ["p"] };
  const model = { outputs: [{ name: "y", shape: ["batch", 3] }], weights: [] };
  const flat = { op: "Flatten", inputs: ["p"], outputs: ["y"] };
  const idle = writeTinyOnnx({ ...model, inputs: [second, input], nodes: [pooled, flat] });
  const session = await runtime.open(idle, "idle.onnx");
  expect((await computeFeatures(session, "auto", images, 3, [3, 8, 8])).data).toHaveLength(9);
  await session.dispose();
  const summed = { op: "ReduceSum", inputs: ["masks"], outputs: ["s"] };
  const added = { op: "Add", inputs: ["f", "s"], outputs: ["y"] };
  const nodes = [pooled, { ...flat, outputs: ["f"] }, summed, added];
  const read = writeTinyOnnx({ ...model, inputs: [input, second], nodes });
  await expect(runtime.open(read, "read.onnx")).rejects.toMatchObject({ parts: { code: "model.inputs" } });
});

test("a wrong image size says which is right", async () => {
  const session = await runtime.open(tinyConvNet(), "tiny.onnx");
  await expect(computeFeatures(session, "auto", new Float32Array(3 * 16 * 16), 1, [3, 16, 16])).rejects.toThrow(
    /size to 8/,
  );
  await session.dispose();
});

test("truncated files and other files are refused by name", async () => {
  const whole = tinyConvNet();
  for (const bytes of [whole.subarray(0, whole.length / 2), new TextEncoder().encode("<!doctype html>")]) {
    const attempt = runtime.open(bytes, "broken.onnx");
    await expect(attempt).rejects.toThrow(RadaptError);
    await expect(attempt).rejects.toThrow(/broken\.onnx/);
  }
});

test("a model of something else than images is refused", async () => {
  const text = writeTinyOnnx({
    inputs: [{ name: "tokens", shape: ["batch", 77] }],
    outputs: [{ name: "y", shape: ["batch", 77] }],
    weights: [],
    nodes: [{ op: "Relu", inputs: ["tokens"], outputs: ["y"] }],
  });
  await expect(runtime.open(text, "text.onnx")).rejects.toThrow(/tokens float32/);
});

test("calls that overlap wait for each other", async () => {
  const sessions = await Promise.all([1, 2].map(() => runtime.open(tinyConvNet(), "tiny.onnx")));
  const alone = await computeFeatures(sessions[0], "auto", images, 3, [3, 8, 8]);
  const together = await Promise.all(
    [...sessions, ...sessions].map((session) => computeFeatures(session, "auto", images, 3, [3, 8, 8])),
  );
  for (const features of together) expect([...features.data]).toEqual([...alone.data]);
  await Promise.all(sessions.map((session) => session.dispose()));
});
