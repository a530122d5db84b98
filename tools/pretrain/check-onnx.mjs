/**
 * Compares the exported network in onnxruntime-web (WASM) with PyTorch's features, and times it.
 *
 * Usage: node tools/pretrain/check-onnx.mjs MODEL REFERENCE (export.py wrote REFERENCE.input and
 * REFERENCE.features.)
 */
import { readFileSync } from "node:fs";
import * as ort from "onnxruntime-web";

const [model, reference] = process.argv.slice(2);
const floats = (path) => new Float32Array(new Uint8Array(readFileSync(path)).buffer);
const input = floats(`${reference}.input`);
const expected = floats(`${reference}.features`);
ort.env.wasm.numThreads = 1;
const session = await ort.InferenceSession.create(new Uint8Array(readFileSync(model)));
const side = Math.round(Math.sqrt(input.length / 9));
const run = async (batch) => {
  const x = new ort.Tensor("float32", input.subarray(0, batch * 3 * side * side), [batch, 3, side, side]);
  return (await session.run({ pixel_values: x })).features;
};
for (const batch of [1, 3]) {
  const { data, dims } = await run(batch);
  const worst = data.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i])), 0);
  console.log(`batch ${batch}: features [${dims}], largest difference ${worst.toExponential(2)}`);
  if (!(worst <= 1e-4)) process.exitCode = 1;
}
const began = performance.now();
for (let i = 0; i < 20; i++) await run(1);
console.log(`${((performance.now() - began) / 20).toFixed(1)} ms per image, one thread`);
