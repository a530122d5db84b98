/** Kernels are measured once for each class that matters, and what was measured is used from then on. */
import { expect, test } from "vitest";
import type { Backend } from "../executor";
import { Builder } from "../ir/builder";
import { classOf, kernelNames } from "../ops/matmul/kernel";
import { tensor } from "../tensor";
import { createWebGpuDevice } from "./device";
import { testGpu } from "./test-gpu";
import type { TuningStore } from "./tuner";

const large = { m: 128, n: 128, batches: 1, terms: [{ k: 128, transA: false, transB: false }] };
const small = { ...large, n: 8 };

/** A large product followed by a small one, on a device of its own. */
/** A product that is written with a function of it, and a small one. */
async function run(tuning?: TuningStore): Promise<Float32Array[]> {
  const device = (await createWebGpuDevice({ gpu: await testGpu(), tuning })) as Backend;
  const b = new Builder();
  const numbers = (name: string, ...shape: [number, number]) =>
    b.parameter(
      name,
      tensor(
        shape,
        Float32Array.from({ length: shape[0] * shape[1] }, (_, i) => Math.sin(i)),
      ),
    );
  const x = b.input("x", [128, 128]);
  const product = b.matmul(x, numbers("w", 128, 128));
  const outputs = [b.op("Tanh", [product]), b.matmul(product, numbers("v", 128, 8))];
  const evaluator = await device.createEvaluator(x, outputs);
  const results = await evaluator.run(Float32Array.from({ length: 128 * 128 }, (_, i) => Math.cos(i)));
  evaluator.dispose();
  device.dispose();
  return results;
}

test("the class that matters is measured once; results stay bit for bit", async () => {
  const stored = new Map<string, unknown>();
  let puts = 0;
  const store: TuningStore = {
    get: async (key) => stored.get(key),
    put: async (key, value) => {
      puts++;
      stored.set(key, structuredClone(value));
    },
  };
  const untuned = await run();
  expect(await run(store)).toEqual(untuned);
  const [choices] = stored.values();
  expect(Object.keys(choices as object)).toEqual([classOf(large)]);
  expect(["", ...kernelNames]).toContain((choices as Record<string, string>)[classOf(large)]);
  expect(await run(store)).toEqual(untuned);
  expect(puts).toBe(1);
});

test("what is damaged, names a kernel that is no more, or cannot be kept is no error", async () => {
  const untuned = await run();
  for (const damaged of [7, { [classOf(large)]: "of old", [classOf(small)]: 3 }]) {
    const store: TuningStore = { get: async () => damaged, put: () => Promise.reject(new Error("the disk is full")) };
    expect(await run(store)).toEqual(untuned);
  }
});
