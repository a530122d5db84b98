/**
 * Operators of ONNX Runtime's optimiser and of new opsets: roles, packed forms and refusals.
 * `onnx/readers.test.ts` compares their values with onnxruntime.
 */
import { expect, test } from "vitest";
import { difference } from "../../models/test-difference";
import { bindModel } from "../backbone/bind";
import { openModel } from "../backbone/open";
import { interpret } from "../graph/interpret";
import { tensor } from "../graph/tensor";
import { image, tokens, tokensShape } from "../onnx/file-cases/case";
import { contrib, f32, i64, modelBytes, normals, op, random, raw, type TestNode } from "../onnx/test-files";

test("the projections of fused attention have their roles", async () => {
  const nodes = [
    tokens,
    contrib("Attention", ["t", "layer.qkv_weight", "layer.qkv_bias"], ["a"], { num_heads: 2 }),
    op("MatMul", ["a", "layer.out.weight"], ["y"]),
  ];
  const weights = [
    tokensShape,
    random("layer.qkv_weight", [16, 48]),
    random("layer.qkv_bias", [48]),
    random("layer.out.weight", [16, 16]),
  ];
  const { layers } = await difference(modelBytes({ nodes, weights, inputs: image, outputs: { y: [1, 12, 16] } }));
  expect(layers.map(({ module, role, inFeatures, outFeatures }) => [module, role, inFeatures, outFeatures])).toEqual([
    ["layer.qkv", "attn.qkv", 16, 48],
    ["layer.out", "attn.out", 16, 16],
  ]);
});

/**
 * onnxruntime's WebAssembly has no kernel for packed projections: the same numbers taken apart are
 * the oracle.
 */
test("MultiHeadAttention of packed projections equals that of separate ones", async () => {
  const project = [tokens, op("MatMul", ["t", "w"], ["p"]), op("Reshape", ["p", "five"], ["packed"])];
  const weights = [tokensShape, random("w", [16, 48]), i64("five", [1, 12, 2, 3, 8]), i64("flat", [1, 12, 16])];
  const apart = [0, 1, 2].flatMap((k) => [
    op("Gather", ["packed", `at${k}`], [`g${k}`], { axis: 3 }),
    op("Reshape", [`g${k}`, "flat"], [`p${k}`]),
  ]);
  const indices = [0, 1, 2].map((k) => raw(`at${k}`, "i64", [], BigInt64Array.of(BigInt(k))));
  const heads = { num_heads: 2 };
  const file = (nodes: TestNode[]) =>
    modelBytes({ nodes, weights: [...weights, ...indices], inputs: image, outputs: { y: [1, 12, 16] } });
  const separate = file([...project, ...apart, contrib("MultiHeadAttention", ["p0", "p1", "p2"], ["y"], heads)]);
  const packed = file([...project, contrib("MultiHeadAttention", ["packed"], ["y"], heads)]);
  const { error, backbone } = await difference(separate);
  expect(error).toBeLessThan(1e-4);
  const run = ({ input, outputs }: typeof backbone) => {
    const x = tensor(input.shape, normals("image", [...input.shape]));
    return interpret([outputs[0].value], new Map([[input, x]]))[0].data;
  };
  expect([...run(bindModel(openModel(packed), 1))]).toEqual([...run(backbone)]);
});

test("a cache of past keys is refused by name", () => {
  const past = normals("past", [1, 2, 4, 8]);
  const nodes = [
    tokens,
    contrib("MultiHeadAttention", ["t", "t", "t", "", "", "", "past", "past"], ["y"], { num_heads: 2 }),
  ];
  const weights = [tokensShape, f32("past", [1, 2, 4, 8], past)];
  const bytes = modelBytes({ nodes, weights, inputs: image, outputs: { y: [1, 12, 16] } });
  return expect(difference(bytes)).rejects.toThrow(/MultiHeadAttention with a cache/);
});
