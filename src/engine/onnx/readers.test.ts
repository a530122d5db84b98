/**
 * The readers, checked by a third party: single nodes over a table of attributes, and small files
 * of several nodes, each read and evaluated by the engine and run by onnxruntime. The operators'
 * own harness then ties gradients and kernels to these meanings. SUPPORTED-OPS.md says how many
 * cases have run each operator, so a case that is deleted or skipped changes that file.
 */
import * as ort from "onnxruntime-web";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { createPrng } from "../../base/prng";
import { difference } from "../../models/test-difference";
import { interpret } from "../graph/interpret";
import type { Tensor } from "../graph/tensor";
import type { Value } from "../graph/value";
import { onnxReaders, ops } from "../ops";
import type { OnnxReader } from "../ops/define";
import { fileOf } from "./file-cases/case";
import { fusedFiles } from "./file-cases/fused";
import { quantizedFiles } from "./file-cases/quantized";
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

/** How many cases have compared an ONNX operator with onnxruntime. */
const comparisons = new Map<string, number>();
/** Opsets that these cases name. The others have one between. */
const opsets = new Set<number>();

/** Operators whose reader has run since the case began. */
const read = new Set<string>();

/**
 * Counts a case that has passed. A case that is deleted, skipped or fails leaves no count.
 *
 * @param rewritten operators of the case that the engine rewrites before it reads the file
 */
function countComparison({ opset }: { opset?: number }, rewritten: readonly string[] = []): void {
  for (const opType of new Set([...read, ...rewritten])) {
    comparisons.set(opType, (comparisons.get(opType) ?? 0) + 1);
  }
  if (opset !== undefined) opsets.add(opset);
}

beforeAll(() => {
  // A reader that notes its calls takes the place of each reader.
  const readers = onnxReaders as Map<string, OnnxReader>;
  for (const [opType, reader] of [...readers]) {
    readers.set(opType, (node) => {
      read.add(opType);
      return reader(node);
    });
  }
});

beforeEach(() => read.clear());

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
  countComparison(c);
});

test.each(Object.entries({ ...fusedFiles, ...quantizedFiles }))("file: %s", async (_, c) => {
  const { error } = await difference(fileOf(c));
  // Measured: 0.003 to 0.016 of the largest value where onnxruntime rounds activations.
  expect(error).toBeLessThan(c.rounds ? 0.03 : 1e-4);
  const rewritten = c.nodes.map((node) => node.op).filter((opType) => !onnxReaders.has(opType));
  countComparison(c, rewritten);
});

// The tests below look at what the cases above have run. They stand last because a file's tests
// run in order.

test("every operator that is read has been compared with onnxruntime", () => {
  expect([...onnxReaders.keys()].filter((opType) => !comparisons.has(opType))).toEqual([]);
});

test("SUPPORTED-OPS.md lists the operators with their comparisons", async () => {
  const own = [...ops.values()].filter((def) => Object.keys(def.onnx).length === 0).map((def) => def.type);
  await expect(supportedOps(own)).toMatchFileSnapshot("../../../SUPPORTED-OPS.md");
});

/** @param own types of the operators that no ONNX operator is read into */
function supportedOps(own: readonly string[]): string {
  const list = (opTypes: readonly string[]) =>
    opTypes
      .toSorted()
      .map((opType) => `- \`${opType}\`: ${comparisons.get(opType) ?? 0}`)
      .join("\n");
  return `# Operators

Printed by \`src/engine/onnx/readers.test.ts\` from the registry and from the cases that it ran; do
not edit. \`npx vitest run --project unit readers -u\` writes it anew.

## ONNX operators that are read

The number after an operator counts the cases that ran it and agreed with onnxruntime. The cases
have opsets ${Math.min(...opsets)} to ${Math.max(...opsets)}, and \`com.microsoft\`. Radapt also reads \`Constant\`, \`If\` with a condition
that the shapes decide, and every function that a model defines.

${list([...onnxReaders.keys()])}

## Operators of 8-bit files that are rewritten before reading

${list([...comparisons.keys()].filter((opType) => !onnxReaders.has(opType)))}

## Radapt's own, for gradients and fusion

${own
  .toSorted()
  .map((type) => `- \`${type}\``)
  .join("\n")}
`;
}
