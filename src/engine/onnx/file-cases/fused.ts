/** Operators of ONNX Runtime's optimiser and of new opsets, each in a small file. */
import { contrib, float, i64, op, random, raw } from "../test-files";
import { type FileCase, tokens } from "./case";

export const fusedFiles: Record<string, FileCase> = {
  "FusedMatMul with a factor": {
    nodes: [tokens, contrib("FusedMatMul", ["t", "w"], ["y"], { alpha: float(0.5) })],
    weights: [random("w", [16, 8])],
    outputs: { y: [1, 12, 8] },
  },
  "FusedMatMul with a transposed weight": {
    nodes: [tokens, contrib("FusedMatMul", ["t", "w"], ["y"], { transB: 1, alpha: float(2) })],
    weights: [random("w", [8, 16])],
    outputs: { y: [1, 12, 8] },
  },
  "FusedMatMul of transposed activations": {
    nodes: [tokens, contrib("FusedMatMul", ["t", "t"], ["y"], { transA: 1, alpha: float(0.1) })],
    outputs: { y: [1, 16, 16] },
  },
  "FusedMatMul with moved batch axes": {
    nodes: [
      op("Reshape", ["x", "s"], ["a"]),
      contrib("FusedMatMul", ["a", "a"], ["z"], { transBatchA: 1, transBatchB: 1, transB: 1 }),
      op("Reshape", ["z", "out"], ["y"]),
    ],
    weights: [i64("s", [4, 6, 8]), i64("out", [1, 6, 16])],
    outputs: { y: [1, 6, 16] },
  },
  FusedConv: {
    nodes: [
      op("Conv", ["x", "w", "b"], ["first"], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }),
      contrib("FusedConv", ["x", "w", "b", "first"], ["y"], {
        kernel_shape: [3, 3],
        pads: [1, 1, 1, 1],
        activation: "Relu",
      }),
    ],
    weights: [random("w", [4, 3, 3, 3]), random("b", [4])],
    outputs: { y: [1, 4, 8, 8] },
  },
  "FusedConv of one pixel": {
    nodes: [contrib("FusedConv", ["x", "w"], ["y"], { kernel_shape: [1, 1], activation: "Sigmoid" })],
    weights: [random("w", [4, 3, 1, 1])],
    outputs: { y: [1, 4, 8, 8] },
  },
  FusedGemm: {
    nodes: [
      op("Flatten", ["x"], ["f"]),
      contrib("FusedGemm", ["f", "w", "b"], ["y"], { transB: 1, alpha: float(0.5), activation: "Tanh" }),
    ],
    weights: [random("w", [5, 192]), random("b", [5])],
    outputs: { y: [1, 5] },
  },
  SkipLayerNormalization: {
    nodes: [
      tokens,
      op("Neg", ["t"], ["n"]),
      op("Exp", ["n"], ["e"]),
      contrib("SkipLayerNormalization", ["t", "e", "g", "b", "bias"], ["y", "", "", "sum"], { epsilon: float(1e-5) }),
    ],
    weights: [random("g", [16]), random("b", [16]), random("bias", [16])],
    outputs: { y: [1, 12, 16], sum: [1, 12, 16] },
  },
  SimplifiedLayerNormalization: {
    nodes: [tokens, op("SimplifiedLayerNormalization", ["t", "g"], ["y"], { epsilon: float(1e-5), axis: -1 })],
    weights: [random("g", [16])],
    outputs: { y: [1, 12, 16] },
  },
  SkipSimplifiedLayerNormalization: {
    nodes: [
      tokens,
      contrib("SkipSimplifiedLayerNormalization", ["t", "t", "g"], ["y", "", "", "sum"], { epsilon: float(1e-5) }),
    ],
    weights: [random("g", [16])],
    outputs: { y: [1, 12, 16], sum: [1, 12, 16] },
  },
  "Gelu, FastGelu, QuickGelu, BiasGelu": {
    nodes: [
      tokens,
      contrib("Gelu", ["t"], ["a"]),
      contrib("FastGelu", ["a", "b"], ["c"]),
      contrib("QuickGelu", ["c"], ["d"], { alpha: float(1.702) }),
      contrib("BiasGelu", ["d", "b"], ["y"]),
    ],
    weights: [random("b", [16])],
    outputs: { y: [1, 12, 16] },
  },
  "Attention with packed weights": {
    nodes: [tokens, contrib("Attention", ["t", "qkv_weight", "qkv_bias"], ["y"], { num_heads: 2 })],
    weights: [random("qkv_weight", [16, 48]), random("qkv_bias", [48])],
    outputs: { y: [1, 12, 16] },
  },
  "Attention with a mask, a scale and a bias of scores": {
    nodes: [
      tokens,
      contrib("Attention", ["t", "qkv_weight", "qkv_bias", "mask", "", "scores"], ["y"], {
        num_heads: 2,
        scale: float(0.7),
      }),
    ],
    weights: [
      random("qkv_weight", [16, 48]),
      random("qkv_bias", [48]),
      random("scores", [1, 2, 12, 12]),
      raw(
        "mask",
        "i32",
        [1, 12],
        Int32Array.from({ length: 12 }, (_, i) => (i < 9 ? 1 : 0)),
      ),
    ],
    outputs: { y: [1, 12, 16] },
  },
  "MultiHeadAttention with a bias": {
    nodes: [
      tokens,
      ...["q", "k", "v"].map((p) => op("MatMul", ["t", `w${p}`], [p])),
      contrib("MultiHeadAttention", ["q", "k", "v", "bias"], ["y"], { num_heads: 4 }),
    ],
    weights: ["wq", "wk", "wv"].map((w) => random(w, [16, 16])).concat(random("bias", [48])),
    outputs: { y: [1, 12, 16] },
  },
  "MultiHeadAttention, causal": {
    nodes: [
      tokens,
      contrib("MultiHeadAttention", ["t", "t", "t"], ["y"], { num_heads: 2, unidirectional: 1, scale: float(0.3) }),
    ],
    outputs: { y: [1, 12, 16] },
  },
  "ONNX's Attention with heads as an axis and a mask": {
    nodes: [
      op("Reshape", ["x", "four"], ["h"]),
      op("Attention", ["h", "h", "h", "mask"], ["y"], { scale: float(0.4) }),
    ],
    weights: [
      i64("four", [1, 2, 12, 8]),
      raw(
        "mask",
        "bool",
        [12, 12],
        Uint8Array.from({ length: 144 }, (_, i) => (i % 5 ? 1 : 0)),
      ),
    ],
    outputs: { y: [1, 2, 12, 8] },
    opset: 23,
  },
  "ONNX's Attention, causal, with fewer key heads": {
    nodes: [
      tokens,
      op("MatMul", ["t", "w"], ["kv"]),
      op("Attention", ["t", "kv", "kv"], ["y"], { q_num_heads: 4, kv_num_heads: 2, is_causal: 1 }),
    ],
    weights: [random("w", [16, 8])],
    outputs: { y: [1, 12, 16] },
    opset: 23,
  },
  RMSNormalization: {
    nodes: [tokens, op("RMSNormalization", ["t", "g"], ["y"], { epsilon: float(1e-4) })],
    weights: [random("g", [16])],
    outputs: { y: [1, 12, 16] },
    opset: 23,
  },
  "linear Resize with antialiasing": {
    nodes: [op("Resize", ["x", "", "", "sizes"], ["y"], { mode: "linear", antialias: 1 })],
    weights: [i64("sizes", [1, 3, 3, 5])],
    outputs: { y: [1, 3, 3, 5] },
    opset: 18,
  },
  "cubic Resize with antialiasing": {
    nodes: [
      op("Resize", ["x", "", "", "sizes"], ["y"], {
        mode: "cubic",
        antialias: 1,
        cubic_coeff_a: float(-0.5),
      }),
    ],
    weights: [i64("sizes", [1, 3, 4, 3])],
    outputs: { y: [1, 3, 4, 3] },
    opset: 19,
  },
};
