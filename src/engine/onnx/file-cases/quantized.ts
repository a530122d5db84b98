/** Quantised files in the forms that exporters write. */
import { contrib, f32, i8, i64, normals, op, random, raw, u8 } from "../test-files";
import { type FileCase, tokens } from "./case";

/** Whole numbers from −127 to 127 around 0, and a scale that makes them weights of 0.3. */
export const bytesOf = (name: string, dims: number[]) =>
  normals(name, dims, 40).map((v) => Math.max(-127, Math.min(127, Math.round(v))));
const scale = 0.3 / 40;
const scales = (name: string, n: number) =>
  f32(
    name,
    [n],
    normals(name, [n]).map((v) => scale * (1 + 0.2 * Math.tanh(v))),
  );
/** The same weights around 128. */
const unsigned = (name: string, dims: number[]) =>
  u8(
    name,
    dims,
    bytesOf(name, dims).map((v) => v + 128),
  );
const product = (a: string, out: string) => [op("DynamicQuantizeLinear", [a], [`${out}_q`, `${out}_s`, `${out}_z`])];

export const quantizedFiles: Record<string, FileCase> = {
  "DequantizeLinear per tensor": {
    nodes: [tokens, op("DequantizeLinear", ["fc.weight_quantized", "s", "z"], ["w"]), op("MatMul", ["t", "w"], ["y"])],
    weights: [unsigned("fc.weight_quantized", [16, 8]), f32("s", [], [scale]), u8("z", [], [128])],
    outputs: { y: [1, 12, 8] },
  },
  "DequantizeLinear per axis, and an int32 bias": {
    nodes: [
      op("DequantizeLinear", ["conv.weight_quantized", "s"], ["w"], { axis: 0 }),
      op("DequantizeLinear", ["conv.bias_quantized", "bs"], ["b"]),
      op("Conv", ["x", "w", "b"], ["y"], { kernel_shape: [3, 3] }),
    ],
    weights: [
      i8("conv.weight_quantized", [4, 3, 3, 3], bytesOf("c", [4, 3, 3, 3])),
      scales("s", 4),
      f32("bs", [], [0.001]),
      raw("conv.bias_quantized", "i32", [4], Int32Array.of(300, -200, 5000, 0)),
    ],
    outputs: { y: [1, 4, 6, 6] },
  },
  "DequantizeLinear in blocks": {
    nodes: [
      tokens,
      op("DequantizeLinear", ["fc.weight_quantized", "s", "z"], ["w"], { axis: 0, block_size: 8 }),
      op("MatMul", ["t", "w"], ["y"]),
    ],
    weights: [
      i8("fc.weight_quantized", [16, 4], bytesOf("w", [16, 4])),
      i8("z", [2, 4], [1, 2, 3, 4, -1, -2, -3, 0]),
      f32(
        "s",
        [2, 4],
        [1, 2, 3, 4, 5, 6, 7, 8].map((v) => v * 0.001),
      ),
    ],
    outputs: { y: [1, 12, 4] },
    opset: 21,
  },
  "quantiser and dequantiser around a ReLU that only the range keeps": {
    nodes: [
      op("QuantizeLinear", ["x", "xs", "xz"], ["xq"]),
      op("DequantizeLinear", ["xq", "xs", "xz"], ["xd"]),
      op("DequantizeLinear", ["conv.weight_quantized", "s"], ["w"], { axis: 0 }),
      op("Conv", ["xd", "w"], ["c"], { kernel_shape: [3, 3] }),
      op("QuantizeLinear", ["c", "cs", "cz"], ["cq"]),
      op("DequantizeLinear", ["cq", "cs", "cz"], ["y"]),
    ],
    weights: [
      i8("conv.weight_quantized", [4, 3, 3, 3], bytesOf("c", [4, 3, 3, 3])),
      scales("s", 4),
      f32("xs", [], [4 / 127]),
      i8("xz", [], [0]),
      f32("cs", [], [0.02]),
      u8("cz", [], [0]),
    ],
    outputs: { y: [1, 4, 6, 6] },
    rounds: true,
  },
  "MatMulInteger and what scales it": {
    nodes: [
      tokens,
      ...product("t", "a"),
      op("MatMulInteger", ["a_q", "fc.weight_quantized", "a_z", "z"], ["i"]),
      op("Cast", ["i"], ["f"], { to: 1 }),
      op("Mul", ["a_s", "s"], ["both"]),
      op("Mul", ["f", "both"], ["m"]),
      op("Add", ["fc.bias", "m"], ["y"]),
    ],
    weights: [
      unsigned("fc.weight_quantized", [16, 32]),
      f32("s", [], [scale]),
      u8("z", [], [128]),
      random("fc.bias", [32]),
    ],
    outputs: { y: [1, 12, 32] },
    rounds: true,
  },
  "MatMulInteger per column": {
    nodes: [
      tokens,
      ...product("t", "a"),
      op("MatMulInteger", ["a_q", "fc.weight_quantized", "a_z"], ["i"]),
      op("Cast", ["i"], ["f"], { to: 1 }),
      op("Mul", ["a_s", "s"], ["both"]),
      op("Mul", ["f", "both"], ["y"]),
    ],
    weights: [i8("fc.weight_quantized", [16, 32], bytesOf("w", [16, 32])), scales("s", 32)],
    outputs: { y: [1, 12, 32] },
    rounds: true,
  },
  ConvInteger: {
    nodes: [
      ...product("x", "a"),
      op("ConvInteger", ["a_q", "conv.weight_quantized", "a_z", "z"], ["i"], { kernel_shape: [3, 3] }),
      op("Cast", ["i"], ["f"], { to: 1 }),
      op("Mul", ["a_s", "s"], ["both"]),
      op("Mul", ["f", "both"], ["y"]),
    ],
    weights: [unsigned("conv.weight_quantized", [4, 3, 3, 3]), f32("s", [], [scale]), u8("z", [], [128])],
    outputs: { y: [1, 4, 6, 6] },
    rounds: true,
  },
  "DynamicQuantizeMatMul and MatMulIntegerToFloat": {
    nodes: [
      tokens,
      contrib("DynamicQuantizeMatMul", ["t", "fc1.weight_quantized", "s", "z", "fc1.bias"], ["h"]),
      ...product("h", "a"),
      contrib("MatMulIntegerToFloat", ["a_q", "fc2.weight_quantized", "a_s", "s", "a_z", "z"], ["y"]),
    ],
    weights: [
      unsigned("fc1.weight_quantized", [16, 32]),
      unsigned("fc2.weight_quantized", [32, 16]),
      random("fc1.bias", [32]),
      f32("s", [], [scale]),
      u8("z", [], [128]),
    ],
    outputs: { y: [1, 12, 16] },
    rounds: true,
  },
  "QLinearConv and QLinearMatMul": {
    nodes: [
      op("QuantizeLinear", ["x", "xs", "xz"], ["xq"]),
      op("QLinearConv", ["xq", "xs", "xz", "conv.weight_quantized", "s", "z4", "cs", "cz", "b"], ["c"], {
        kernel_shape: [3, 3],
      }),
      op("Reshape", ["c", "rows"], ["r"]),
      op("QLinearMatMul", ["r", "cs", "cz", "fc.weight_quantized", "ws", "wz", "ys", "yz"], ["q"]),
      op("DequantizeLinear", ["q", "ys", "yz"], ["y"]),
    ],
    weights: [
      i8("conv.weight_quantized", [4, 3, 3, 3], bytesOf("c", [4, 3, 3, 3])),
      scales("s", 4),
      i8("z4", [4], [0, 0, 0, 0]),
      f32("xs", [], [4 / 127]),
      u8("xz", [], [128]),
      f32("cs", [], [0.06]),
      u8("cz", [], [120]),
      raw("b", "i32", [4], Int32Array.of(2000, -1000, 0, 500)),
      i64("rows", [1, 9, 16]),
      i8("fc.weight_quantized", [16, 8], bytesOf("w", [16, 8])),
      f32("ws", [], [scale]),
      i8("wz", [], [3]),
      f32("ys", [], [0.1]),
      u8("yz", [], [128]),
    ],
    outputs: { y: [1, 9, 8] },
    rounds: true,
  },
  "attention with quantised projections": {
    nodes: [
      tokens,
      ...product("t", "a"),
      contrib("QAttention", ["a_q", "qkv_weight_quantized", "qkv_bias", "a_s", "s", "", "a_z", "z"], ["y"], {
        num_heads: 2,
      }),
    ],
    weights: [
      i8("qkv_weight_quantized", [16, 48], bytesOf("q", [16, 48])),
      random("qkv_bias", [48]),
      f32("s", [], [scale]),
      i8("z", [], [0]),
    ],
    outputs: { y: [1, 12, 16] },
    rounds: true,
  },
};
