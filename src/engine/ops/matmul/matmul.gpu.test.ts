/** Every kernel of a product, and of a sum of some, gives the same bits, close to the reference. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createWebGpuDevice } from "../../devices/gpu/device";
import { testGpu } from "../../devices/gpu/test-gpu";
import { Builder } from "../../graph/builder";
import { interpret } from "../../graph/interpret";
import { randomTensors } from "../../passes/testing";
import type { Device } from "../../training/device";
import { classOf, kernelNames } from "./kernel";
import type { Term } from "./tile";

const term = (k: number, forms: string): Term => ({ k, transA: forms[0] === "t", transB: forms[1] === "t" });
const even = { m: 68, n: 72, batches: 1 };
const odd = { m: 67, n: 70, batches: 2 };
const products = [
  { ...even, terms: [term(40, "nn")] },
  { ...even, terms: [term(40, "tt")] },
  { ...odd, terms: [term(37, "nt")] },
  { ...odd, terms: [term(37, "tn")] },
  { ...even, terms: [term(200, "tn")] },
  { m: 22, n: 10, batches: 3, terms: [term(532, "nt")] },
  { m: 8, n: 72, batches: 1, terms: [term(640, "tn")] },
  { ...even, terms: [term(40, "nn"), term(8, "nt"), term(24, "tn")] },
  { ...odd, terms: [term(37, "nt"), term(16, "tt"), term(5, "nn")] },
].map((p) => ({ ...p, name: classOf(p) }));

/** One device for each kernel, which is its choice for every product. */
const devices = new Map<string, Device>();
beforeAll(async () => {
  const gpu = await testGpu();
  for (const name of kernelNames) {
    const choices = Object.fromEntries(products.map((p) => [classOf(p), name]));
    const tuning = { get: async () => choices, put: async () => undefined };
    devices.set(name, (await createWebGpuDevice({ gpu, tuning })) as Device);
  }
});
afterAll(() => {
  for (const device of devices.values()) device.dispose();
});

const random = randomTensors(0, "products");

describe.each(products)("$name", ({ m, n, batches, terms }) => {
  test("all kernels", async () => {
    const b = new Builder();
    const [{ k, transA }] = terms;
    const left = random(transA ? [batches, k, m] : [batches, m, k]);
    const x = b.input("left", left.shape);
    const inputs = terms.flatMap(({ k, transA, transB }, t) => [
      t === 0 ? x : b.parameter(`left ${t}`, random(transA ? [batches, k, m] : [batches, m, k])),
      b.parameter(`right ${t}`, random(transB ? [batches, n, k] : [batches, k, n])),
    ]);
    const flags = (name: "transA" | "transB") => terms.map((t) => Number(t[name]));
    const sum =
      terms.length === 1
        ? b.matmul(inputs[0], inputs[1], terms[0].transA, terms[0].transB)
        : b.op("MatMulSum", inputs, { transA: flags("transA"), transB: flags("transB") });
    // A bias and a sum behind the product, of one tensor read whole and one broadcast, are computed
    // in its kernel.
    const y = b.add(b.add(sum, b.parameter("bias", random([n]))), b.parameter("more", random([batches, m, n])));
    const want = Array.from(interpret([y], new Map([[x, left]]))[0].data);
    const scale = want.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
    let first: Float32Array | undefined;
    for (const device of devices.values()) {
      const inferenceProgram = await device.createInferenceProgram(x, [y]);
      const [got] = await inferenceProgram.run(left.data as Float32Array);
      inferenceProgram.dispose();
      const error = got.reduce((most, v, i) => Math.max(most, Math.abs(v - want[i])), 0);
      expect(error / scale).toBeLessThan(1e-6);
      first ??= got;
      expect(got).toEqual(first);
    }
  });
});
