/**
 * The readers, checked by a third party: single nodes over a table of attributes, each read and
 * evaluated by the engine and run by onnxruntime. The operators' own harness then ties gradients
 * and kernels to these meanings.
 */
import * as ort from "onnxruntime-web";
import { beforeAll, expect, test } from "vitest";
import { createPrng } from "../../base/prng";
import { interpret } from "../graph/interpret";
import type { Tensor } from "../graph/tensor";
import type { Value } from "../graph/value";
import { onnxReaders } from "../ops";
import type { NodeCase } from "./node-cases/case";
import { caseOutputs, nodeCases, nodeInputs, nodeModel, readCase } from "./testing";

beforeAll(() => {
  ort.env.logLevel = "error";
  ort.env.wasm.numThreads = 1;
});

async function byOnnxruntime(c: NodeCase, bytes: Uint8Array, inputs: readonly (Tensor | null)[]) {
  const session = await ort.InferenceSession.create(bytes, {
    executionProviders: ["wasm"],
    graphOptimizationLevel: "disabled",
    logSeverityLevel: 3,
  });
  const feeds: Record<string, ort.Tensor> = {};
  c.inputs.forEach((input, k) => {
    if (input?.kind === "x") feeds[`x${k}`] = new ort.Tensor("float32", inputs[k]!.data as Float32Array, input.shape);
  });
  const results = await session.run(feeds);
  await session.release();
  return caseOutputs(c).map((name) => ({
    shape: [...results[name].dims],
    data: Array.from(results[name].data as ArrayLike<number | bigint>, Number),
  }));
}

function byEngine(bytes: Uint8Array, inputs: readonly (Tensor | null)[]) {
  const leaves = new Map<Value, Tensor>();
  const outputs = readCase(bytes, inputs, (b, value, k) => {
    const leaf = b.input(`x${k}`, value.shape);
    leaves.set(leaf, value);
    return leaf;
  });
  return interpret(outputs, leaves);
}

/**
 * What needs more than one node or ranges of its own to be told right from wrong is tried in these
 * tests.
 */
const elsewhere = Object.values(
  import.meta.glob<string>(["../ops/contrib.test.ts", "./quantized.test.ts"], {
    query: "?raw",
    import: "default",
    eager: true,
  }),
);

test("every operator that is read is tried", () => {
  const tried = new Set(nodeCases.map(([, c]) => c.op));
  const isTried = (op: string) => tried.has(op) || elsewhere.some((text) => text.includes(`"${op}"`));
  expect([...onnxReaders.keys()].filter((op) => !isTried(op))).toEqual([]);
});

test.each(nodeCases)("%s", async (name, c) => {
  const prng = createPrng(3, name);
  const inputs = nodeInputs(c, () => prng.uniform());
  const bytes = nodeModel(c, inputs);
  const want = await byOnnxruntime(c, bytes, inputs);
  const got = byEngine(bytes, inputs);
  want.forEach(({ shape, data }, k) => {
    expect([...got[k].shape]).toEqual(shape);
    const scale = data.reduce((m, v) => (Number.isFinite(v) ? Math.max(m, Math.abs(v)) : m), 1e-6);
    const differs = (v: number, i: number) =>
      Number.isFinite(v) ? !(Math.abs(v - got[k].data[i]) <= 1e-5 * scale) : !Object.is(v, got[k].data[i]);
    const at = data.findIndex(differs);
    if (at >= 0) expect({ at, value: got[k].data[at] }).toEqual({ at, value: data[at] });
  });
});
