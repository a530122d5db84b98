/**
 * The losses' values and gradients on the adapter, sure predictions included, against PyTorch's.
 */
import { expect, test } from "vitest";
import { testGpu } from "../devices/gpu/test-gpu";
import { gradients } from "../graph/autodiff";
import { Builder } from "../graph/builder";
import { tensor } from "../graph/tensor";
import { createWebGpuDevice } from "../index";
import { lossRows } from "../losses";
import type { Device } from "./device";
import golden from "./fixtures/losses.json";
import { stepLossSchema } from "./step-loss";
import { targetsOf } from "./targets";

test("focal", async () => {
  const device = (await createWebGpuDevice({ gpu: await testGpu() })) as Device;
  const rows = golden.plain.filter(({ loss }) => loss.name === "focal");
  expect(rows.length).toBeGreaterThan(10);
  for (const { loss, classWeights, logits: given, labels, value, gradient } of rows) {
    const b = new Builder();
    const shape = [given.length, given[0].length];
    const { spec, labelSmoothing } = stepLossSchema.parse(loss);
    const made = targetsOf(labels, shape[1], classWeights ?? undefined, labelSmoothing);
    const logits = b.input("logits", shape);
    const [targets, weights] = [b.constant(tensor(shape, made.targets)), b.constant(tensor([shape[0]], made.weights))];
    const sum = b.sum(lossRows(b, spec, { logits, targets, weights, adjustment: null }), [0]);
    const [slope] = gradients(b, b.reshape(sum, []), [logits]);
    const inferenceProgram = await device.createInferenceProgram(logits, [sum, slope!]);
    const [gotValue, gotSlope] = await inferenceProgram.run(Float32Array.from(given.flat()));
    inferenceProgram.dispose();
    expect(Math.abs(gotValue[0] - value)).toBeLessThan(1e-5 * Math.max(1, Math.abs(value)));
    const worst = Math.max(...gradient.flat().map((want, i) => Math.abs(gotSlope[i] - want)));
    expect(worst).toBeLessThan(1e-5);
  }
  device.dispose();
});
