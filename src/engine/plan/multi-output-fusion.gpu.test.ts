/**
 * Compares kernels of several results with the interpreter: by quads, by single elements and behind
 * a transposition.
 */
import { afterAll, expect, test } from "vitest";
import { createWebGpuDevice } from "../devices/gpu/device";
import { testGpu } from "../devices/gpu/test-gpu";
import { Builder } from "../graph/builder";
import { interpret } from "../graph/interpret";
import type { Value } from "../graph/value";
import { randomTensors } from "../passes/testing";
import type { Device } from "../training/device";
import { planProgram } from "./program";

const device = (await createWebGpuDevice({ gpu: await testGpu() })) as Device;
afterAll(() => device.dispose());

const random = randomTensors(2, "results");
const b = new Builder();
const x = b.input("x", [2, 6, 8]);
const weight = (...shape: number[]) => b.parameter(`weight ${shape}`, random(shape));

/**
 * What a training step reads of a nonlinear layer: its activation times the weights of the next
 * layer, and its derivative times the cotangent.
 */
function forwardAndBack(y: Value): Value[] {
  const inner = b.op("Erf", [b.scale(y, 0.7)]);
  const forward = b.matmul(b.mul(y, inner), weight(y.shape.at(-1)!, 4));
  const incoming = b.matmul(forward, weight(4, y.shape.at(-1)!));
  return [b.mul(incoming, b.add(inner, b.op("Exp", [b.neg(b.mul(y, y))]))), forward];
}

const biased = (width: number) => b.add(b.matmul(x, weight(8, width)), weight(width));
const layers: Record<string, Value[]> = {
  "of quads": forwardAndBack(biased(12)),
  "number by number": forwardAndBack(biased(7)),
  "behind a transposition": forwardAndBack(b.transpose(b.reshape(biased(12), [2, 6, 3, 4]), [0, 2, 1, 3])),
  "of an operator without a kernel": forwardAndBack(b.op("Tanh", [b.add(x, weight(6, 1))])),
};

test.each(Object.entries(layers))("%s", async (_, outputs) => {
  const plan = planProgram(outputs, new Set(), { maxBindings: 8, maxArenaBytes: 1e6 });
  expect(plan.dispatches.map(({ results }) => results)).toEqual([2, 1, 1]);
  const image = random(x.shape);
  const want = interpret(outputs, new Map([[x, image]]));
  const inferenceProgram = await device.createInferenceProgram(x, outputs);
  const got = await inferenceProgram.run(image.data as Float32Array);
  inferenceProgram.dispose();
  for (const [k, { data }] of want.entries()) {
    expect(got[k]).toHaveLength(data.length);
    const scale = Math.max(...data.map(Math.abs));
    for (const [i, value] of data.entries()) expect(Math.abs(got[k][i] - value) / scale).toBeLessThan(1e-5);
  }
});
