/**
 * Attention as one node. The reader writes the products and the softmax that it stands for, so that
 * other rooms find, adapt and differentiate its projections like any others. ONNX Runtime's
 * optimiser writes com.microsoft's Attention and MultiHeadAttention
 * (https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md). ONNX has its own
 * since opset 23 (https://onnx.ai/onnx/operators/onnx__Attention.html).
 */

import { emptyTensor } from "../graph/tensor";
import type { Value } from "../graph/value";
import type { GraphWriter } from "../graph/writer";
import { ints, num, type OnnxReader, required } from "./define";
import { unsupportedForm } from "./reshape";
import { sliceAxis } from "./slice";

/** Added to masked scores: its exponential is 0, and it stays finite in sums. */
const MASKED = -1e30;

/** [B, S, N·H] → [B, N, S, H]. */
function heads(b: GraphWriter, x: Value, count: number): Value {
  const [batch, tokens, width] = x.shape;
  return b.transpose(b.reshape(x, [batch, tokens, count, width / count]), [0, 2, 1, 3]);
}

/** [B, N, S, H] → [B, S, N·H]. */
function merged(b: GraphWriter, x: Value): Value {
  const [batch, count, tokens, width] = x.shape;
  return b.reshape(b.transpose(x, [0, 2, 1, 3]), [batch, tokens, count * width]);
}

interface Scores {
  /** Default 1/√H. */
  scale?: number;
  /** Added to the scores, [B or 1, N or 1, S, T]. */
  bias?: Value | null;
  isCausal?: boolean;
  /** Scores become cap·tanh(score / cap); 0 leaves them as they are. */
  cap?: number;
}

/** softmax(q·kᵀ·scale + bias)·v of q [B, N, S, H], k [B, N, T, H], v [B, N, T, Hv]. */
function attend(b: GraphWriter, q: Value, k: Value, v: Value, { scale, bias, isCausal, cap }: Scores): Value {
  const [queries, keys] = [q.shape[2], k.shape[2]];
  let scores = b.scale(b.matmul(q, k, false, true), scale || 1 / Math.sqrt(q.shape[3]));
  if (cap) scores = b.scale(b.op("Tanh", [b.scale(scores, 1 / cap)]), cap);
  if (bias) scores = b.add(scores, bias);
  if (isCausal) {
    const mask = emptyTensor([queries, keys]);
    for (let i = 0; i < queries; i++) mask.data.fill(MASKED, i * keys + i + 1 + keys - queries, (i + 1) * keys);
    scores = b.add(scores, b.constant(mask));
  }
  return b.matmul(b.op("Softmax", [scores]), v);
}

/** x + bias[from, from + width). */
function withBias(b: GraphWriter, x: Value, bias: Value | null | undefined, from: number): Value {
  return bias ? b.add(x, sliceAxis({ b }, bias, 0, from, x.shape[x.shape.length - 1])) : x;
}

/** A mask of keys [B, T] (1: attend) as a bias of scores. */
function keyMask(n: Parameters<OnnxReader>[0], mask: Value | null | undefined, filter: number): Value | null {
  if (!mask) return null;
  if (mask.shape.length !== 2) throw unsupportedForm(n, `a mask of shape [${mask.shape.join(", ")}]`);
  const open = n.b.reshape(n.b.op("ToFloat", [mask]), [mask.shape[0], 1, 1, mask.shape[1]]);
  return n.b.scale(n.b.sub(n.b.scalar(1), open), filter);
}

const sumOf = (b: GraphWriter, x: Value | null | undefined, y: Value | null | undefined) =>
  x && y ? b.add(x, y) : (x ?? y ?? null);

function refusePast(n: Parameters<OnnxReader>[0], from: number): void {
  if (n.inputs.slice(from).some((v) => v !== null)) throw unsupportedForm(n, "a cache of past keys and values");
}

/** One product with the packed weight [D, Q + K + V], then heads. */
const readPacked: OnnxReader = (n) => {
  const { b } = n;
  const [x, weight, bias] = [required(n, 0), required(n, 1), n.inputs[2]];
  if (n.inputs[4] || num(n.attrs, "do_rotary", 0)) throw unsupportedForm(n, "past keys or rotary positions");
  const third = weight.shape[1] / 3;
  const widths = ints(n.attrs, "qkv_hidden_sizes", [third, third, third]);
  const product = b.linear(x, weight, false);
  const packed = bias ? b.add(product, bias) : product;
  const count = num(n.attrs, "num_heads");
  let from = 0;
  const [q, k, v] = widths.map((width) => {
    from += width;
    return heads(b, sliceAxis({ b }, packed, 2, from - width, width), count);
  });
  const mask = keyMask(n, n.inputs[3], num(n.attrs, "mask_filter_value", -10_000));
  const isCausal = num(n.attrs, "unidirectional", 0) === 1;
  const scale = num(n.attrs, "scale", 0);
  return merged(b, attend(b, q, k, v, { scale, bias: sumOf(b, mask, n.inputs[5]), isCausal }));
};

/** Part `k` of `parts` of a packed [B, S, N, parts, H], as [B, N, S, H]. */
function unpacked(b: GraphWriter, x: Value, k: number): Value {
  const [batch, tokens, count, , width] = x.shape;
  return b.transpose(b.reshape(sliceAxis({ b }, x, 3, k, 1), [batch, tokens, count, width]), [0, 2, 1, 3]);
}

const readMultiHead: OnnxReader = (n) => {
  const { b } = n;
  const count = num(n.attrs, "num_heads");
  const [query, key, value, bias] = [required(n, 0), n.inputs[1], n.inputs[2], n.inputs[3]];
  refusePast(n, 6);
  const scores: Scores = {
    scale: num(n.attrs, "scale", 0),
    bias: sumOf(b, keyMask(n, n.inputs[4], num(n.attrs, "mask_filter_value", -10_000)), n.inputs[5]),
    isCausal: num(n.attrs, "unidirectional", 0) === 1,
  };
  if (query.shape.length === 5 && !bias) {
    return merged(b, attend(b, unpacked(b, query, 0), unpacked(b, query, 1), unpacked(b, query, 2), scores));
  }
  if (query.shape.length !== 3 || !key) throw unsupportedForm(n, `a query of shape [${query.shape.join(", ")}]`);
  const width = query.shape[2];
  const q = heads(b, withBias(b, query, bias, 0), count);
  if (key.shape.length === 5 && !bias) {
    return merged(b, attend(b, q, unpacked(b, key, 0), unpacked(b, key, 1), scores));
  }
  if (!value) throw unsupportedForm(n, "a key without a value");
  // Keys and values of shape [B, N, T, H] are projected already and take no bias.
  const side = (x: Value, from: number) => (x.shape.length === 4 ? x : heads(b, withBias(b, x, bias, from), count));
  return merged(b, attend(b, q, side(key, width), side(value, 2 * width), scores));
};

/** Repeats each of k's heads, so that every query head has one. */
function repeated(b: GraphWriter, x: Value, count: number): Value {
  const [batch, own, tokens, width] = x.shape;
  if (own === count) return x;
  const spread = b.expand(b.reshape(x, [batch, own, 1, tokens, width]), [batch, own, count / own, tokens, width]);
  return b.reshape(spread, [batch, count, tokens, width]);
}

const readStandard: OnnxReader = (n) => {
  const { b } = n;
  refusePast(n, 4);
  if (n.outputs > 1) throw unsupportedForm(n, "more than its first output");
  const isFlat = required(n, 0).shape.length === 3;
  const split = (index: number, attr: string) =>
    isFlat ? heads(b, required(n, index), num(n.attrs, attr)) : required(n, index);
  const q = split(0, "q_num_heads");
  const [k, v] = [split(1, "kv_num_heads"), split(2, "kv_num_heads")].map((x) => repeated(b, x, q.shape[1]));
  const mask = n.inputs[3];
  const bias = mask?.dtype === "bool" ? b.op("Where", [mask, b.scalar(0), b.scalar(MASKED)]) : mask;
  const y = attend(b, q, k, v, {
    scale: num(n.attrs, "scale", 0),
    cap: num(n.attrs, "softcap", 0),
    bias,
    isCausal: num(n.attrs, "is_causal", 0) === 1,
  });
  return isFlat ? merged(b, y) : y;
};

export const readers: Readonly<Record<string, OnnxReader>> = {
  Attention: (n) => (n.domain === "com.microsoft" ? readPacked : readStandard)(n),
  MultiHeadAttention: readMultiHead,
};
