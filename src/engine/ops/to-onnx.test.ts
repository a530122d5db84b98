/**
 * Every case of every operator as an ONNX file of its own, through onnxruntime-web: a third party
 * reads what `ref` means.
 */
import { expect, test } from "vitest";
import { worstElement } from "../../base/closeness";
import { createFeatureRuntime } from "../../models/ort";
import { Builder } from "../graph/builder";
import { type Tensor, tensor } from "../graph/tensor";
import type { Value } from "../graph/value";
import { writeOnnx } from "../onnx/writer";
import type { OpCase } from "./define";
import { ops } from "./index";
import { allCases, caseGraph, caseInputs, OP_TOLERANCE, referenceOf } from "./testing";

const runtime = createFeatureRuntime({ threads: 1 });

async function byOnnxruntime(y: Value, inputs: ReadonlyMap<Value, Tensor>): Promise<Float32Array> {
  const written = writeOnnx([{ name: "y", value: y }]);
  const session = await runtime.openGraph(written);
  const feeds = [...written.inputs].map(([leaf, name]) => {
    const { shape, data } = inputs.get(leaf)!;
    return [name, { shape, data: data as Float32Array }];
  });
  const [out] = await session.run(Object.fromEntries(feeds), ["y"]);
  await session.dispose();
  return out;
}

async function compare(y: Value, inputs: ReadonlyMap<Value, Tensor>, c: Pick<OpCase, "tolerance" | "absolute"> = {}) {
  const [{ want, atol }] = referenceOf([y], inputs, c);
  const got = await byOnnxruntime(y, inputs);
  const rtol = c.tolerance ?? OP_TOLERANCE;
  expect(worstElement({ got, want: want.data, rtol, atol }).error).toBeLessThanOrEqual(rtol);
}

test.each(allCases)("$name", async ({ def, c }) => {
  const inputs = caseInputs(def, c);
  const { leaves, y } = caseGraph(def, c);
  await compare(y, new Map(leaves.map((leaf, i) => [leaf, inputs[i]])), c);
});

/** Cases whose inputs cannot be random numbers. */
const given: { type: string; inputs: Tensor[]; attrs: Value["attrs"] }[] = [
  {
    type: "Gather",
    inputs: [tensor([2, 3, 2], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]), tensor([4], [2, 0, 2, 1])],
    attrs: { axis: 1 },
  },
  {
    type: "ScatterAdd",
    inputs: [tensor([2, 4, 2], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]), tensor([4], [2, 0, 2, 1])],
    attrs: { axis: 1, length: 3 },
  },
  {
    type: "MaxPoolGrad",
    inputs: [
      tensor([1, 1, 3, 3], [1, 5, 5, 0, 5, 2, 3, 4, 4.5]),
      tensor([1, 1, 2, 2], [5, 5, 5, 5]),
      tensor([1, 1, 2, 2], [1, 2, 3, 4]),
    ],
    attrs: { kernel: [2, 2], strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1] },
  },
];

test("no operator is left out", () => {
  const tried = new Set([...allCases.map(({ def }) => def.type), ...given.map(({ type }) => type)]);
  expect([...ops.keys()].filter((type) => !tried.has(type))).toEqual([]);
});

test.each(given)("$type of given numbers", async ({ type, inputs, attrs }) => {
  const b = new Builder();
  const leaves = inputs.map((t, i) => b.input(`x${i}`, t.shape));
  await compare(b.op(type, leaves, attrs), new Map(leaves.map((leaf, i) => [leaf, inputs[i]])));
});
