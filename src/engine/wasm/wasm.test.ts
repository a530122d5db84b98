/** The WASM device through onnxruntime-web in Node: PyTorch's reference steps, and the promises of an executor. */
import { expect, test } from "vitest";
import { createFeatureRuntime } from "../../models/ort";
import { referenceCases, referenceErrors } from "../testing";
import { createWasmDevice } from "./device";

const device = createWasmDevice(createFeatureRuntime({ threads: 2 }));

test.each(referenceCases)("%s as in PyTorch", async (name) => {
  const errors = await referenceErrors(name, device);
  expect(errors.length).toBeGreaterThan(3);
  expect(errors.filter(({ error }) => !(error < 1e-3))).toEqual([]);
});
