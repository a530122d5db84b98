/** Every kernel of a product gives the same bits, close to the reference. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createPrng } from "../../../base/prng";
import type { Backend } from "../../executor";
import { createWebGpuDevice } from "../../gpu/device";
import { testGpu } from "../../gpu/test-gpu";
import { Builder } from "../../ir/builder";
import { evaluate } from "../../ref";
import { sizeOf, type Tensor, tensor } from "../../tensor";
import { classOf, kernelNames } from "./kernel";

const even = { m: 68, n: 72, k: 40, batches: 1 };
const odd = { m: 67, n: 70, k: 37, batches: 2 };
const products = [
  { ...even, transA: false, transB: false },
  { ...even, transA: true, transB: true },
  { ...odd, transA: false, transB: true },
  { ...odd, transA: true, transB: false },
];

/** One device for each kernel, which is its choice for every product. */
const devices = new Map<string, Backend>();
beforeAll(async () => {
  const gpu = await testGpu();
  for (const name of kernelNames) {
    const choices = Object.fromEntries(products.map((p) => [classOf(p), name]));
    const tuning = { get: async () => choices, put: async () => undefined };
    devices.set(name, (await createWebGpuDevice({ gpu, tuning })) as Backend);
  }
});
afterAll(() => {
  for (const device of devices.values()) device.dispose();
});

function random(shape: readonly number[], name: string): Tensor {
  const prng = createPrng(0, name);
  return tensor(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () => prng.normal()),
  );
}

describe.each(products)("$m×$k·$n, batches $batches, transposed: $transA, $transB", (p) => {
  test("all kernels", async () => {
    const { m, n, k, batches, transA, transB } = p;
    const b = new Builder();
    const left = random(transA ? [batches, k, m] : [batches, m, k], "left");
    const x = b.input("left", left.shape);
    const w = b.parameter("right", random(transB ? [batches, n, k] : [batches, k, n], "right"));
    const bias = b.parameter("bias", random([n], "bias"));
    // A bias and a sum behind the product, of one tensor read whole and one broadcast, are computed in its kernel.
    const y = b.add(b.add(b.matmul(x, w, transA, transB), bias), b.parameter("more", random([batches, m, n], "more")));
    const want = Array.from(evaluate([y], new Map([[x, left]]))[0].data);
    const scale = want.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
    let first: Float32Array | undefined;
    for (const device of devices.values()) {
      const evaluator = await device.createEvaluator(x, [y]);
      const [got] = await evaluator.run(left.data as Float32Array);
      evaluator.dispose();
      const error = got.reduce((most, v, i) => Math.max(most, Math.abs(v - want[i])), 0);
      expect(error / scale).toBeLessThan(1e-6);
      first ??= got;
      expect(got).toEqual(first);
    }
  });
});
