/**
 * The readers, checked by a third party: single nodes over a table of attributes, each read and evaluated by the engine and run
 * by onnxruntime. The operators' own harness then ties gradients and kernels to these meanings.
 */
import * as ort from "onnxruntime-web";
import { beforeAll, expect, test } from "vitest";
import { createPrng } from "../../base/prng";
import { Builder } from "../ir/builder";
import type { Value } from "../ir/value";
import { verify } from "../ir/verify";
import { onnxReaders } from "../ops";
import { evaluate } from "../ref";
import type { Tensor } from "../tensor";
import { readOnnxFile } from "./file";
import type { NodeCase } from "./node-cases/case";
import { nodeInputs, nodeModel, outputsOf } from "./testing";

const describeCase = (c: NodeCase) =>
  [
    c.op,
    ...c.inputs.map((v) => (v ? `${v.kind}[${v.values ? `${v.shape}: ${v.values}` : v.shape}]` : "–")),
    JSON.stringify(c.attrs ?? {}),
    c.opset ? `opset ${c.opset}` : "",
  ].join(" ");

const tables = import.meta.glob<{ cases?: NodeCase[] }>("./node-cases/*.ts", { eager: true });
const cases = Object.values(tables).flatMap((table) => (table.cases ?? []).map((c) => [describeCase(c), c] as const));

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
  return outputsOf(c).map((name) => ({
    shape: [...results[name].dims],
    data: Array.from(results[name].data as ArrayLike<number | bigint>, Number),
  }));
}

/** Reads the file's one node as the graph builder does; only inputs of kind x are unknown when it is read. */
function byEngine(c: NodeCase, bytes: Uint8Array, inputs: readonly (Tensor | null)[]) {
  const { nodes, opset, initializers } = readOnnxFile(bytes);
  const [node] = nodes;
  const b = new Builder();
  const leaves = new Map<Value, Tensor>();
  const values = node.inputs.map((name, k) => {
    if (name === "") return null;
    const stored = initializers.get(name);
    if (stored) return stored.dtype === "f32" ? b.parameter(`${name}.weight`, stored) : b.constant(stored);
    const leaf = b.input(name, inputs[k]!.shape);
    leaves.set(leaf, inputs[k]!);
    return leaf;
  });
  const read = onnxReaders.get(node.opType)!;
  const made = [
    read({ opType: c.op, opset, inputs: values, outputs: node.outputs.length, attrs: node.attrs, b }),
  ].flat();
  return evaluate(verify(made, "reading"), leaves);
}

test("every operator that is read is tried", () => {
  const tried = new Set(cases.map(([, c]) => c.op));
  expect([...onnxReaders.keys()].filter((op) => !tried.has(op))).toEqual([]);
});

test.each(cases)("%s", async (name, c) => {
  const prng = createPrng(3, name);
  const inputs = nodeInputs(c, () => prng.uniform());
  const bytes = nodeModel(c, inputs);
  const want = await byOnnxruntime(c, bytes, inputs);
  const got = byEngine(c, bytes, inputs);
  want.forEach(({ shape, data }, k) => {
    expect([...got[k].shape]).toEqual(shape);
    const scale = data.reduce((m, v) => (Number.isFinite(v) ? Math.max(m, Math.abs(v)) : m), 1e-6);
    const differs = (v: number, i: number) =>
      Number.isFinite(v) ? !(Math.abs(v - got[k].data[i]) <= 1e-5 * scale) : !Object.is(v, got[k].data[i]);
    const at = data.findIndex(differs);
    if (at >= 0) expect({ at, value: got[k].data[at] }).toEqual({ at, value: data[at] });
  });
});
