/**
 * The tuner measures each class of kernels once, if the class matters, and uses the stored choice
 * from then on.
 */
import { expect, test } from "vitest";
import { Builder } from "../../graph/builder";
import { tensor } from "../../graph/tensor";
import type { Value } from "../../graph/value";
import { classOf, kernelNames } from "../../ops/matmul/kernel";
import type { Device } from "../../training/device";
import { createWebGpuDevice } from "./device";
import { testGpu } from "./test-gpu";
import type { TuningStore } from "./tuner";

const large = { m: 128, n: 128, batches: 1, terms: [{ k: 128, transA: false, transB: false }] };
const small = { ...large, n: 8 };

const numbers = (b: Builder, name: string, ...shape: [number, number]) =>
  b.parameter(
    name,
    tensor(
      shape,
      Float32Array.from({ length: shape[0] * shape[1] }, (_, i) => Math.sin(i)),
    ),
  );

/** A product that is written together with a function of it, and a small product. */
function oneThatMatters(b: Builder, x: Value): Value[] {
  const product = b.matmul(x, numbers(b, "w", 128, 128));
  return [b.op("Tanh", [product]), b.matmul(product, numbers(b, "v", 128, 8))];
}

const fused = (b: Builder, x: Value) => ["w", "v"].map((name) => b.matmul(x, numbers(b, name, 128, 64)));

/** Runs a graph on a matrix, on a new device. */
async function run(made: typeof fused, tuning?: TuningStore): Promise<Float32Array[]> {
  const device = (await createWebGpuDevice({ gpu: await testGpu(), tuning })) as Device;
  const b = new Builder();
  const x = b.input("x", [128, 128]);
  const inferenceProgram = await device.createInferenceProgram(x, made(b, x));
  const results = await inferenceProgram.run(Float32Array.from({ length: 128 * 128 }, (_, i) => Math.cos(i)));
  inferenceProgram.dispose();
  device.dispose();
  return results;
}

test.each([
  ["the class that matters", oneThatMatters, large],
  ["fused as one of them", fused, { ...large, n: 64 }],
])("measured once: %s; results stay bit for bit", async (_, made, product) => {
  const stored = new Map<string, unknown>();
  let puts = 0;
  const store: TuningStore = {
    get: async (key) => stored.get(key),
    put: async (key, value) => {
      puts++;
      stored.set(key, structuredClone(value));
    },
  };
  const untuned = await run(made);
  expect(await run(made, store)).toEqual(untuned);
  const [choices] = stored.values();
  expect(Object.keys(choices as object)).toEqual([classOf(product)]);
  expect(["", ...kernelNames]).toContain((choices as Record<string, string>)[classOf(product)]);
  expect(await run(made, store)).toEqual(untuned);
  expect(puts).toBe(1);
});

test("what is damaged, names a kernel that is no more, or cannot be kept is no error", async () => {
  const untuned = await run(oneThatMatters);
  for (const damaged of [7, { [classOf(large)]: "of old", [classOf(small)]: 3 }]) {
    const store: TuningStore = { get: async () => damaged, put: () => Promise.reject(new Error("the disk is full")) };
    expect(await run(oneThatMatters, store)).toEqual(untuned);
  }
});
