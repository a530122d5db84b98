/**
 * Dropout whose mask is a function of (seed, step, stream, element): x·mask / (1 − p). The bits are
 * the same on every device, and the backward pass draws the mask again instead of storing it. arXiv
 * 1207.0580
 *
 * The second input is the key [3]: the lower and upper 16 bits of the seed and the step, as whole
 * numbers that float32 holds exactly. The bits come from the PCG hash of Jarzynski & Olano, "Hash
 * Functions for GPU Rendering" (JCGT 9(3), 2020).
 */
import { fnv1a } from "../../base/prng";
import { emptyTensor, sizeOf } from "../graph/tensor";
import type { Value } from "../graph/value";
import type { GraphWriter } from "../graph/writer";
import { asFloat, asInt, constant, defineOp, gridOf, linearIndex, num, type OnnxEmitter } from "./define";

/** Numbers in the key. */
export const KEY_SIZE = 3;

export const dropoutKey = (seed: number, step: number): Float32Array => {
  const bits = fnv1a(`${seed}/dropout`);
  return Float32Array.of(bits & 0xffff, bits >>> 16, step);
};

/** @param stream distinguishes the places of one graph */
export function seededDropout(b: GraphWriter, x: Value, key: Value, probability: number, stream: string): Value {
  return b.op("SeededDropout", [x, key], { probability, stream: fnv1a(stream) });
}

function pcg(v: number): number {
  const state = (Math.imul(v, 747796405) + 2891336453) >>> 0;
  const word = Math.imul((state >>> ((state >>> 28) + 4)) ^ state, 277803737) >>> 0;
  return ((word >>> 22) ^ word) >>> 0;
}

const HASH = `fn pcg(v: u32) -> u32 {
  let state = v * 747796405u + 2891336453u;
  let word = ((state >> ((state >> 28u) + 4u)) ^ state) * 277803737u;
  return (word >> 22u) ^ word;
}`;

/** The same mask in ONNX, in 64-bit integers, which hold every product of the hash. */
function onnxHash(e: OnnxEmitter) {
  const int = (value: number) => e.node("Squeeze", [e.ints([value])]);
  const wrapped = (v: string) => e.node("Mod", [v, int(2 ** 32)]);
  const xor = (a: string, b: string) => e.node("BitwiseXor", [a, b]);
  const shifted = (v: string, bits: number) => e.node("Div", [v, int(2 ** bits)]);
  const powers = e.ints(Array.from({ length: 16 }, (_, k) => 2 ** (k + 4)));
  const hash = (v: string) => {
    const state = wrapped(e.node("Add", [e.node("Mul", [v, int(747796405)]), int(2891336453)]));
    const mixed = xor(e.node("Div", [state, e.node("Gather", [powers, shifted(state, 28)])]), state);
    const word = wrapped(e.node("Mul", [mixed, int(277803737)]));
    return xor(shifted(word, 22), word);
  };
  return { int, xor, hash };
}

/** The mask keeps an element whose 32 bits are at least this. */
const threshold = (probability: number) => Math.floor(probability * 2 ** 32);
const keptScale = (probability: number) => Math.fround(1 / (1 - probability));

export default defineOp({
  type: "SeededDropout",
  kind: "kernel",
  shape: ([x]) => ({ shape: [...x.shape] }),
  interpret: ([x, key], attrs, shape) => {
    const out = emptyTensor(shape);
    const p = num(attrs, "probability");
    const [low, high, step] = Array.from(key.data, Math.trunc);
    const base = pcg(step ^ pcg((low | (high << 16)) ^ num(attrs, "stream")));
    const least = threshold(p);
    const scale = keptScale(p);
    for (let i = 0; i < out.data.length; i++) {
      if (pcg((pcg(i) ^ base) >>> 0) >= least) out.data[i] = x.data[i] * scale;
    }
    return out;
  },
  kernel: ({ shape, attrs, names: [x, key] }) => {
    const p = num(attrs, "probability");
    const size = sizeOf(shape);
    return {
      types: ["f32", "f32", "f32"],
      declarations: HASH,
      body: `${linearIndex(size, 64)}
  let seed = u32(${key}[0]) | (u32(${key}[1]) << 16u);
  let base = pcg(u32(${key}[2]) ^ pcg(seed ^ ${num(attrs, "stream")}u));
  let kept = pcg(pcg(i) ^ base) >= ${threshold(p)}u;
  write(i, select(0.0, ${x}[i] * ${keptScale(p)}, kept));`,
      workgroup: [64, 1, 1],
      grid: gridOf(size, 64),
    };
  },
  toOnnx: ({ e, inputs: [x, key], attrs, shape }) => {
    const { int, xor, hash } = onnxHash(e);
    const p = num(attrs, "probability");
    const part = (k: number) => e.node("Gather", [asInt(e, key), int(k)]);
    const seed = e.node("Add", [part(0), e.node("Mul", [part(1), int(2 ** 16)])]);
    const base = hash(xor(part(2), hash(xor(seed, int(num(attrs, "stream"))))));
    const bits = hash(xor(hash(e.node("Range", [int(0), int(sizeOf(shape)), int(1)])), base));
    const kept = asFloat(e, e.node("GreaterOrEqual", [bits, int(threshold(p))]));
    const mask = e.node("Reshape", [kept, e.ints(shape)]);
    return e.node("Mul", [e.node("Mul", [x, constant(e, keptScale(p))]), mask]);
  },
  atInference: ([x]) => x,
  nonDifferentiable: [1],
  // The operator is linear and its own adjoint.
  vjp: ({ b, inputs: [, key], dy, attrs }) => [b.op("SeededDropout", [dy, key], attrs), null],
  onnx: {},
  cases: [
    { shapes: [[6, 50], [KEY_SIZE]], attrs: { probability: 0.25, stream: 7 }, domain: [0, 5] },
    { shapes: [[3], [KEY_SIZE]], attrs: { probability: 0.5, stream: 4e9 }, domain: [0, 5] },
  ],
});
