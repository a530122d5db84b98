/**
 * Forms in which exporters write the same model: number types, functions, branches, data files;
 * against onnxruntime.
 */
import { create } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { numberToHalf } from "../../base/half";
import { difference } from "../../models/test-difference";
import { externalFiles, openModel } from "../index";
import { type TensorProto, TensorProtoSchema } from "./onnx.gen";
import {
  f32,
  float,
  i64,
  modelBytes,
  normals,
  op,
  random,
  raw,
  type TestFunction,
  type TestGraph,
  type TestModel,
  types,
} from "./test-files";

const image = { x: [1, 3, 8, 8] };
const y = { y: [1, 4, 8, 8] };
const conv = op("Conv", ["x", "w"], ["y"], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] });
const dims = [4, 3, 3, 3];
const numbers = normals("w", dims);

describe("weights in every float type, raw and typed", () => {
  const halves = Uint16Array.from(numbers, numberToHalf);
  const brains = Uint16Array.from(numbers, (v) => new Uint32Array(Float32Array.of(v).buffer)[0] >>> 16);
  const typed = (type: keyof typeof types, data: Partial<TensorProto>) =>
    create(TensorProtoSchema, { name: "stored", dataType: types[type], dims: dims.map(BigInt), ...data } as never);
  test.each<[string, TensorProto, number]>([
    ["float32", f32("stored", dims, numbers), 1e-4],
    ["float32, typed", typed("f32", { floatData: [...numbers] }), 1e-4],
    ["float16", raw("stored", "f16", dims, halves), 2e-2],
    ["float16, typed", typed("f16", { int32Data: [...halves] }), 2e-2],
    ["bfloat16", raw("stored", "bf16", dims, brains), 2e-2],
    ["float64", raw("stored", "f64", dims, Float64Array.from(numbers)), 1e-4],
    ["float64, typed", typed("f64", { doubleData: [...numbers] }), 1e-4],
  ])("%s", async (_, weight, tolerance) => {
    const nodes = [op("Cast", ["stored"], ["w"], { to: 1 }), conv];
    const found = await difference(modelBytes({ nodes, weights: [weight], inputs: image, outputs: y }));
    expect(found.error).toBeLessThan(tolerance);
    expect(found.parameters).toBe(108);
    expect(found.notes.some((note) => note.includes("16-bit"))).toBe(tolerance > 1e-3);
  });
});

describe("model-local functions", () => {
  const layer: TestFunction = {
    name: "Linear",
    domain: "pkg.torch",
    inputs: ["input", "weight", "bias"],
    outputs: ["out"],
    nodes: [op("MatMul", ["input", "weight"], ["product"]), op("Add", ["product", "bias"], ["out"])],
  };
  const block: TestFunction = {
    name: "Block",
    domain: "pkg.torch",
    inputs: ["h", "w1", "b1", "w2", "b2"],
    outputs: ["result", "copy"],
    attributes: ["slope"],
    defaults: { approximate: "tanh" },
    nodes: [
      op("Linear", ["h", "w1", "b1"], ["out"], {}, "pkg.torch"),
      op("LeakyRelu", ["out"], ["act"], { alpha: { ref: "slope", type: 1 } }),
      op("Gelu", ["act"], ["gelu"], { approximate: { ref: "approximate", type: 3 } }),
      op("Linear", ["gelu", "w2", "b2"], ["result"], {}, "pkg.torch"),
      op("Identity", ["h"], ["copy"]),
    ],
  };
  const names = ["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"];
  const weights = [
    i64("tokens", [1, 12, 16]),
    random("fc1.weight", [16, 32]),
    random("fc1.bias", [32]),
    random("fc2.weight", [32, 16]),
    random("fc2.bias", [16]),
  ];
  const nodes = [
    op("Reshape", ["x", "tokens"], ["t"]),
    op("Block", ["t", ...names], ["a", "same"], { slope: float(0.2) }, "pkg.torch"),
    op("Block", ["a", ...names], ["b", "unused"], { slope: float(0.5), approximate: "none" }, "pkg.torch"),
    op("Add", ["b", "same"], ["y"]),
  ];
  const model: TestModel = {
    nodes,
    weights,
    inputs: image,
    outputs: { y: [1, 12, 16] },
    opset: 20,
    functions: [block, layer],
  };

  test("are written out, nested, with defaults and attributes handed on; weights keep their names", async () => {
    const { error, layers, ops } = await difference(modelBytes(model));
    expect(error).toBeLessThan(1e-4);
    expect(layers.map(({ module }) => module)).toEqual(["fc1", "fc2", "fc1", "fc2"]);
    expect(ops).toMatchObject({ MatMul: 4, LeakyRelu: 2, Gelu: 2 });
  });

  test("a function that calls itself, and functions that grow without end, are refused", () => {
    const call = (name: string, inputs = ["h"]) => op(name, inputs, ["out"], {}, "pkg.torch");
    const shape = { domain: "pkg.torch", inputs: ["h"], outputs: ["out"] };
    const open = (functions: TestFunction[]) =>
      openModel(modelBytes({ nodes: [op("f0", ["x"], ["y"], {}, "pkg.torch")], inputs: image, outputs: y, functions }));
    const circle = [
      { ...shape, name: "f0", nodes: [call("f1")] },
      { ...shape, name: "f1", nodes: [call("f0")] },
    ];
    expect(() => open(circle)).toThrow(/calls itself: f0/);
    const doubling = Array.from({ length: 40 }, (_, i) => ({
      ...shape,
      name: `f${i}`,
      nodes: [op(`f${i + 1}`, ["h"], ["a"], {}, "pkg.torch"), call(`f${i + 1}`, ["a"])],
    }));
    expect(() => open(doubling)).toThrow(/more operators than Radapt takes/);
  });
});

describe("If", () => {
  const branch = (nodes: TestGraph["nodes"]): TestGraph => ({ nodes, outputs: { chosen: [1, 4, 8, 8] } });
  const model = (rank: number): TestModel => ({
    nodes: [
      op("Shape", ["x"], ["s"]),
      op("Size", ["s"], ["rank"]),
      op("Equal", ["rank", "wanted"], ["is"]),
      { ...conv, outputs: ["c"] },
      op("If", ["is"], ["y"], {
        then_branch: branch([op("Neg", ["c"], ["n"]), op("Add", ["n", "one"], ["chosen"])]),
        else_branch: branch([op("Exp", ["c"], ["chosen"])]),
      }),
    ],
    weights: [f32("w", dims, numbers), f32("one", [1], [1]), raw("wanted", "i64", [], BigInt64Array.of(BigInt(rank)))],
    inputs: image,
    outputs: y,
  });

  test.each([4, 3])("takes the branch that the shapes choose (wanted rank %i)", async (rank) => {
    expect((await difference(modelBytes(model(rank)))).error).toBeLessThan(1e-4);
  });

  test("a condition that the image decides is refused, and a loop by its name", () => {
    const file = model(4);
    file.nodes[2] = op("ReduceMax", ["x"], ["is"], { keepdims: 0 });
    expect(() => openModel(modelBytes(file))).toThrow(/If's condition is computed from the image/);
    const loop = { ...model(4), nodes: [op("Loop", ["", "", "x"], ["y"])] };
    expect(() => openModel(modelBytes(loop))).toThrow(/does not take: Loop/);
  });
});

describe("weights in a data file beside the model", () => {
  const bytes = new Uint8Array(64 + 4 * numbers.length);
  bytes.set(new Uint8Array(numbers.buffer), 64);
  const external = (entries: Record<string, string>) =>
    create(TensorProtoSchema, {
      name: "w",
      dataType: types.f32,
      dims: dims.map(BigInt),
      dataLocation: 1,
      externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
    });
  const file = (entries: Record<string, string>) =>
    modelBytes({ nodes: [conv], weights: [external(entries)], inputs: image, outputs: y });
  const whole = { location: "model.onnx_data", offset: "64", length: String(4 * numbers.length) };

  test("are read from offset and length", async () => {
    expect(externalFiles(file(whole))).toEqual(["model.onnx_data"]);
    expect((await difference(file(whole), new Map([["model.onnx_data", bytes]]))).error).toBeLessThan(1e-4);
    expect(externalFiles(file({ location: "./a/b.bin" }))).toEqual(["a/b.bin"]);
  });

  test("a missing file is named, with what to do", () => {
    expect(() => openModel(file(whole))).toThrow(/Open both files together: the \.onnx file and model\.onnx_data/);
  });

  test.each([
    [{ ...whole, length: "4000" }, /shorter than the model says/],
    [{ ...whole, offset: "-4" }, /shorter than the model says/],
    [{ ...whole, length: "8" }, /do not match its shape/],
    [{ location: "../secret" }, /outside its folder/],
    [{ location: "/etc/passwd" }, /outside its folder/],
    [{ location: "C:\\weights" }, /outside its folder/],
    [{}, /outside its folder/],
  ])("%j is refused", (entries, message) => {
    expect(() => openModel(file(entries), { external: () => bytes })).toThrow(message);
  });
});

test.each<[string, Partial<TestModel>, RegExp]>([
  ["a circle", { nodes: [op("Add", ["x", "b"], ["a"]), op("Neg", ["a"], ["b"])] }, /only a later node makes: b/],
  ["two values of one name", { nodes: [op("Neg", ["x"], ["y"]), op("Exp", ["x"], ["y"])] }, /values.*one name: y/],
  [
    "two weights of one name",
    { nodes: [conv], weights: [random("w", dims), random("w", dims)] },
    /weights.*one name: w/,
  ],
  ["a node of nothing", { nodes: [op("Neg", ["z"], ["y"])] }, /that nothing makes: z/],
  [
    "a constant as large as a disk",
    { nodes: [op("ConstantOfShape", ["s"], ["y"])], weights: [i64("s", [1e6, 1e9])] },
    /\[1000000, 1000000000\]/,
  ],
  ["an impossible size", { nodes: [op("ConstantOfShape", ["s"], ["y"])], weights: [i64("s", [-4])] }, /\[-4\]/],
  ["4-bit products", { nodes: [op("MatMulNBits", ["x", "x", "x"], ["y"], {}, "com.microsoft")] }, /4 bits/],
  [
    "4-bit weights",
    {
      nodes: [conv],
      weights: [create(TensorProtoSchema, { name: "w", dataType: 22, dims: [2n], rawData: Uint8Array.of(1) })],
    },
    /does not read: int4/,
  ],
  [
    "dimensions without data",
    { nodes: [conv], weights: [f32("w", [4_000_000_000, 4_000_000_000], [])] },
    /impossible shape/,
  ],
])("%s is refused in words", (_, parts, message) => {
  const bytes = modelBytes({ nodes: [], inputs: image, outputs: y, ...parts });
  expect(() => openModel(bytes)).toThrow(message);
});
