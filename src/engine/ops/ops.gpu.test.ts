/** Every kernel against its operator's CPU reference, on this machine's adapter. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { worstElement } from "../../base/closeness";
import { createWebGpuDevice } from "../devices/gpu/device";
import { testGpu } from "../devices/gpu/test-gpu";
import { Builder } from "../graph/builder";
import { sizeOf, type Tensor, tensor } from "../graph/tensor";
import type { Value } from "../graph/value";
import type { Device } from "../training/device";
import { allCases, caseGraph, caseInputs, OP_TOLERANCE, referenceOf } from "./testing";

let device: Device;
beforeAll(async () => {
  device = (await createWebGpuDevice({ gpu: await testGpu() })) as Device;
});
afterAll(() => device.dispose());

/** Packs all inputs into the one input of an inference program. The graph slices them from it. */
async function onGpu(inputs: readonly Tensor[], build: (b: Builder, leaves: Value[]) => Value): Promise<Float32Array> {
  const b = new Builder();
  const total = inputs.reduce((sum, t) => sum + sizeOf(t.shape), 0);
  const packed = b.input("packed", [total]);
  let start = 0;
  const leaves = inputs.map((t) => {
    const size = sizeOf(t.shape);
    const part = b.op("Slice", [packed], { starts: [start], steps: [1], shape: [size] });
    start += size;
    return b.reshape(part, t.shape);
  });
  const data = new Float32Array(total);
  let at = 0;
  for (const t of inputs) {
    data.set(t.data, at);
    at += sizeOf(t.shape);
  }
  const inferenceProgram = await device.createInferenceProgram(packed, [build(b, leaves)]);
  const [out] = await inferenceProgram.run(data);
  inferenceProgram.dispose();
  return out;
}

test.each(allCases)("$name", async ({ def, c }) => {
  const inputs = caseInputs(def, c);
  const graph = caseGraph(def, c);
  const values = new Map(graph.leaves.map((leaf, i) => [leaf, inputs[i]]));
  const [{ want, atol }] = referenceOf([graph.y], values, c);
  const got = await onGpu(inputs, (b, leaves) => {
    const operands = leaves.map((leaf, i) => (c.values?.[i] ? b.constant(inputs[i]) : leaf));
    return b.op(def.type, operands, c.attrs ?? {});
  });
  const rtol = c.tolerance ?? OP_TOLERANCE;
  expect(worstElement({ got, want: want.data, rtol, atol }).error).toBeLessThanOrEqual(rtol);
});

test("a pooled maximum sends its cotangent to one element", async () => {
  const attrs = { kernel: [2, 2], strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1] };
  const x = tensor([1, 1, 3, 3], [1, 5, 5, 0, 5, 2, 3, 4, 4.5]);
  const y = tensor([1, 1, 2, 2], [5, 5, 5, 5]);
  const dy = tensor([1, 1, 2, 2], [1, 2, 3, 4]);
  const got = await onGpu([x, y, dy], (b, leaves) => b.op("MaxPoolGrad", leaves, attrs));
  expect([...got]).toEqual([0, 3, 0, 0, 7, 0, 0, 0, 0]);
});
