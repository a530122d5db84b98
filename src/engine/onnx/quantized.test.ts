/**
 * Quantised files: what the model's information says about them, their weights' names, and what is
 * refused. `readers.test.ts` compares their values with onnxruntime.
 */
import { describe, expect, test } from "vitest";
import { difference } from "../../models/test-difference";
import { openModel } from "../backbone/open";
import { fileOf, image, tokens, tokensShape } from "./file-cases/case";
import { bytesOf, quantizedFiles } from "./file-cases/quantized";
import { f32, i8, modelBytes, op, random } from "./test-files";

describe("the quantised file's own features", () => {
  test.each(Object.entries(quantizedFiles))("%s", (_, c) => {
    const rounds = c.rounds === true;
    const { notes, tolerance, layers } = openModel(fileOf(c)).info;
    expect(tolerance).toBe(rounds ? 0.25 : 1e-3);
    expect(notes).toHaveLength(1);
    expect(notes[0]).toContain("8-bit integers");
    expect(notes[0].includes("activations")).toBe(rounds);
    for (const { module } of layers) expect(module).toMatch(/^(fc\d?|conv|qkv)$/);
    expect(layers.length).toBeGreaterThan(0);
  });
});

test("a dequantised weight is trained under the name that it had before", async () => {
  const { backbone, layers } = await difference(fileOf(quantizedFiles["MatMulInteger and what scales it"]));
  expect(layers).toMatchObject([{ module: "fc", kind: "linear", inFeatures: 16, outFeatures: 32 }]);
  expect(backbone.parameters.map((p) => p.name).sort()).toEqual(["fc.bias", "fc.weight"]);
});

test("scales that do not fit their weight are refused", () => {
  const nodes = [tokens, op("DequantizeLinear", ["w", "s"], ["d"], { axis: 1 }), op("MatMul", ["t", "d"], ["y"])];
  const weights = [tokensShape, i8("w", [16, 8], bytesOf("w", [16, 8])), f32("s", [3], [1, 2, 3])];
  const bytes = modelBytes({ nodes, weights, inputs: image, outputs: { y: [1, 12, 8] } });
  return expect(difference(bytes)).rejects.toThrow(/scales do not fit/);
});

test("a float factor after a product is no scale", async () => {
  const nodes = [tokens, op("MatMul", ["t", "w"], ["p"]), op("Mul", ["p", "f"], ["y"])];
  const weights = [tokensShape, random("w", [16, 8]), f32("f", [], [0.5])];
  const { error, notes } = await difference(modelBytes({ nodes, weights, inputs: image, outputs: { y: [1, 12, 8] } }));
  expect(error).toBeLessThan(1e-4);
  expect(notes).toEqual([]);
});
