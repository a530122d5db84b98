/**
 * Damaged bytes are refused as bad input that says where, or read: never a hang, a huge allocation
 * or another error.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { RadaptError } from "../../base/error";
import { openModel } from "../index";
import { contrib, f32, i8, i64, modelBytes, op, random } from "./test-files";

const bytes = modelBytes({
  nodes: [
    op("Conv", ["x", "conv.weight", "conv.bias"], ["c"], { kernel_shape: [2, 2], strides: [2, 2] }),
    op("MaxPool", ["x"], ["p"], { kernel_shape: [2, 2], strides: [2, 2] }),
    op("AveragePool", ["p"], ["m"], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }),
    op("Concat", ["c", "m"], ["k"], { axis: 1 }),
    op("Pad", ["k", "pads"], ["padded"]),
    op("Resize", ["padded", "", "", "sizes"], ["r"], { mode: "linear" }),
    op("Shape", ["r"], ["s"]),
    op("Gather", ["s", "first"], ["batch"], { axis: 0 }),
    op("Concat", ["batch", "rest"], ["shape"], { axis: 0 }),
    op("Reshape", ["r", "shape"], ["t"]),
    op("Block", ["t", "fc.weight"], ["f"], { axis: 2 }, "local"),
    op("DequantizeLinear", ["q.weight_quantized", "scale"], ["q"], { axis: 1 }),
    op("MatMul", ["f", "q"], ["l"]),
    contrib("Attention", ["l", "qkv_weight", "qkv_bias"], ["a"], { num_heads: 2 }),
    op("ConstantOfShape", ["eight"], ["zeros"]),
    op("If", ["yes"], ["y"], {
      then_branch: { nodes: [op("Add", ["a", "zeros"], ["z"])], outputs: { z: [1, 9, 8] } },
      else_branch: { nodes: [op("Neg", ["a"], ["z"])], outputs: { z: [1, 9, 8] } },
    }),
  ],
  weights: [
    random("conv.weight", [5, 3, 2, 2]),
    random("conv.bias", [5]),
    i64("pads", [0, 0, 1, 1, 0, 0, 0, 0]),
    i64("sizes", [1, 8, 3, 6]),
    i64("first", [0]),
    i64("rest", [9, 16]),
    i64("eight", [8]),
    random("fc.weight", [16, 8]),
    i8("q.weight_quantized", [8, 8], Array(64).fill(3)),
    random("scale", [8]),
    random("qkv_weight", [8, 24]),
    random("qkv_bias", [24]),
    f32("yes", [1], [1]),
  ],
  inputs: { x: [1, 3, 8, 8] },
  outputs: { y: [1, 9, 8] },
  functions: [
    {
      name: "Block",
      domain: "local",
      inputs: ["h", "w"],
      outputs: ["out"],
      attributes: ["axis"],
      nodes: [op("MatMul", ["h", "w"], ["p"]), op("Softmax", ["p"], ["out"], { axis: { ref: "axis", type: 2 } })],
    },
  ],
});

/**
 * The error that opening gives; null where the bytes could be read. Whatever else is thrown fails
 * the test.
 */
function refusal(damaged: Uint8Array): RadaptError | null {
  try {
    openModel(damaged);
    return null;
  } catch (error) {
    if (error instanceof RadaptError) return error;
    throw error;
  }
}

test("the whole file can be read", () => {
  expect(refusal(bytes)).toBeNull();
});

const position = fc.integer({ min: 0, max: bytes.length - 1 });
const runs = { numRuns: 400, seed: 1 };

test("bytes changed at random", () => {
  const change = fc.tuple(position, fc.integer({ min: 0, max: 255 }));
  let refused = 0;
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
      const damaged = bytes.slice();
      for (const [at, byte] of changes) damaged[at] = byte;
      if (refusal(damaged)) refused++;
    }),
    runs,
  );
  expect(refused).toBeGreaterThan(runs.numRuns / 4);
});

test("a part cut out, doubled or moved", () => {
  fc.assert(
    fc.property(position, position, position, (a, b, to) => {
      const [from, end] = a < b ? [a, b] : [b, a];
      const part = bytes.subarray(from, end);
      const without = [...bytes.subarray(0, from), ...bytes.subarray(end)];
      refusal(Uint8Array.from(without));
      refusal(Uint8Array.from([...without.slice(0, to), ...part, ...without.slice(to)]));
      refusal(Uint8Array.from([...bytes.subarray(0, to), ...part, ...bytes.subarray(to)]));
    }),
    { ...runs, numRuns: 150 },
  );
});

test("random bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), (damaged) => {
      expect(refusal(damaged)).toBeInstanceOf(RadaptError);
    }),
    runs,
  );
});

test("an error names the field and the byte", () => {
  const at = bytes.findIndex((_, i) => new TextDecoder().decode(bytes.subarray(i, i + 12)) === "kernel_shape");
  const damaged = bytes.slice();
  damaged[at - 1] = 255;
  const { message, parts } = refusal(damaged)!;
  expect(message).toContain("not a whole ONNX file");
  expect(parts.where).toMatch(/^graph\.node\[0\]\.attribute\[0\]\.name, byte \d+$/);
});

test("a length far beyond the file allocates nothing", () => {
  // Field 7 (graph), 2⁴⁰ bytes.
  const { parts } = refusal(Uint8Array.of(0x3a, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20))!;
  expect(parts).toMatchObject({ where: "graph, byte 7", expected: "1,099,511,627,776 bytes", got: "0 left" });
});
