/**
 * Compares kernels that write to transposed places, with operators before and after the
 * transposition, with the interpreter.
 */
import { afterAll, expect, test } from "vitest";
import { createWebGpuDevice } from "../devices/gpu/device";
import { testGpu } from "../devices/gpu/test-gpu";
import { Builder } from "../graph/builder";
import { interpret } from "../graph/interpret";
import { sizeOf, tensor } from "../graph/tensor";
import type { Value } from "../graph/value";
import type { Device } from "../training/device";

const device = (await createWebGpuDevice({ gpu: await testGpu() })) as Device;
afterAll(() => device.dispose());

const noise = (shape: readonly number[], by: number) =>
  tensor(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(by * (i + 1))),
  );

const b = new Builder();
const x = b.input("x", [2, 6, 8]);
const weight = (name: string, ...shape: number[]) => b.parameter(name, noise(shape, name.length));
const [last, middle] = [
  [0, 2, 1, 3],
  [2, 0, 1, 3],
];
/** Adds a bias to [2, 6, 12] and splits it into heads [2, 6, 3, 4]. */
const heads = (y: Value) => b.reshape(b.add(y, weight("bias", 12)), [2, 6, 3, 4]);
const product = heads(b.matmul(x, weight("weight", 8, 12)));
const plain = b.add(b.reshape(x, [2, 6, 2, 4]), weight("offset", 6, 1, 1));

const chains: Record<string, Value> = {
  "behind a product": b.transpose(product, last),
  "with operators behind": b.op("Relu", [b.add(b.transpose(product, last), weight("places", 6, 4))]),
  "merged again behind a product of matrices": b.reshape(
    b.transpose(b.matmul(b.transpose(product, last), weight("square", 4, 4)), last),
    [2, 6, 12],
  ),
  "without a product": b.add(b.transpose(b.scale(plain, 2), middle), weight("rows", 2, 1, 6, 1)),
  twice: b.transpose(b.add(b.transpose(b.scale(product, 2), last), weight("place", 6, 1)), middle),
  "beside its own source": b.add(b.transpose(product, last), b.reshape(product, [2, 3, 6, 4])),
};

test.each(Object.entries(chains))("%s", async (_, y) => {
  const image = noise(x.shape, 0.7);
  const want = interpret([y], new Map([[x, image]]))[0].data;
  const inferenceProgram = await device.createInferenceProgram(x, [y]);
  const [got] = await inferenceProgram.run(image.data as Float32Array);
  inferenceProgram.dispose();
  expect(got).toHaveLength(want.length);
  for (const [i, value] of want.entries()) expect(Math.abs(got[i] - value)).toBeLessThan(1e-5);
});
