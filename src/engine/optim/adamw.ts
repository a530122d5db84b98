/**
 * AdamW with decoupled weight decay, as torch.optim.AdamW: p ← p − lr·wd·p, then p ← p − lr·m̂/(√v̂ + eps).
 * arXiv 1711.05101. The head's weight may also carry a coupled penalty: its gradient gains l2·p.
 */
import type { Builder } from "../ir/builder";
import type { Value } from "../ir/value";
import type { OptimizerSpec } from "../types";

/** Numbers that change with every step, in the order of the kernel's uniform buffer. */
export const HYPER = [
  "lrAdapter",
  "lrHead",
  "beta1",
  "beta2",
  "eps",
  "weightDecay",
  "correction1",
  "correction2",
  "headL2",
] as const;
export type Hyper = Record<(typeof HYPER)[number], number>;

/** @param step counted from 1 */
export function hyperOf(spec: OptimizerSpec, step: number, lr: { adapter: number; head: number }): Hyper {
  return {
    lrAdapter: lr.adapter,
    lrHead: lr.head,
    beta1: spec.beta1,
    beta2: spec.beta2,
    eps: spec.eps,
    weightDecay: spec.weightDecay,
    correction1: 1 - spec.beta1 ** step,
    correction2: 1 - spec.beta2 ** step,
    headL2: spec.headL2,
  };
}

/** One update of a slice of parameters on the CPU. */
export function updateSlice(
  p: Float32Array,
  g: Float32Array,
  m: Float32Array,
  v: Float32Array,
  lr: number,
  l2: number,
  h: Hyper,
): void {
  for (let i = 0; i < p.length; i++) {
    const gradient = g[i] + l2 * p[i];
    m[i] = h.beta1 * m[i] + (1 - h.beta1) * gradient;
    v[i] = h.beta2 * v[i] + (1 - h.beta2) * gradient * gradient;
    const step = m[i] / h.correction1 / (Math.sqrt(v[i] / h.correction2) + h.eps);
    p[i] = p[i] * (1 - lr * h.weightDecay) - lr * step;
  }
}

/** A part of the buffer of all trainables, and where the head begins as counted from the part's start. */
export interface UpdateRange {
  start: number;
  count: number;
  headStart: number;
  biasStart: number;
}

/** @param most elements that one binding may hold; parts start at multiples of 64 elements, as bindings must */
export function updateRanges(count: number, headStart: number, biasStart: number, most: number): UpdateRange[] {
  const step = Math.floor(most / 64) * 64;
  return Array.from({ length: Math.ceil(count / step) }, (_, k) => ({
    start: k * step,
    count: Math.min(step, count - k * step),
    headStart: Math.max(0, headStart - k * step),
    biasStart: Math.max(0, biasStart - k * step),
  }));
}

/**
 * WGSL of the same over one buffer of all trainables: [0, headStart) with the adapter's rate, then the head's weight
 * [headStart, biasStart) with the penalty, then its bias.
 */
export function adamwShader({ count, headStart, biasStart }: UpdateRange, rowWidth: number): string {
  return `@group(0) @binding(0) var<storage, read_write> p: array<f32>;
@group(0) @binding(1) var<storage, read_write> g: array<f32>;
@group(0) @binding(2) var<storage, read_write> m: array<f32>;
@group(0) @binding(3) var<storage, read_write> v: array<f32>;
struct Hyper { ${HYPER.map((name) => `${name}: f32`).join(", ")} }
@group(0) @binding(4) var<storage, read> h: Hyper;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) gid: vec3u) {
  let i = gid.x + gid.y * ${rowWidth}u;
  if (i >= ${count}u) { return; }
  let head = i >= ${headStart}u;
  let lr = select(h.lrAdapter, h.lrHead, head);
  let l2 = select(0.0, h.headL2, head && i < ${biasStart}u);
  let gradient = g[i] + l2 * p[i];
  let m1 = h.beta1 * m[i] + (1.0 - h.beta1) * gradient;
  let v1 = h.beta2 * v[i] + (1.0 - h.beta2) * gradient * gradient;
  m[i] = m1;
  v[i] = v1;
  p[i] = p[i] * (1.0 - lr * h.weightDecay) - lr * (m1 / h.correction1) / (sqrt(v1 / h.correction2) + h.eps);
}`;
}

/** What of the settings changes with the step, as scalar inputs of a graph. */
export interface StepInputs {
  lr: Value;
  correction1: Value;
  correction2: Value;
}

/** The same as graph values: the updated parameter and moments, of the shape of `p`. */
export function adamwValues(
  b: Builder,
  [p, g, m, v]: readonly [p: Value, g: Value, m: Value, v: Value],
  spec: OptimizerSpec,
  l2: number,
  { lr, correction1, correction2 }: StepInputs,
): { p: Value; m: Value; v: Value } {
  const gradient = l2 === 0 ? g : b.add(g, b.scale(p, l2));
  const m1 = b.add(b.scale(m, spec.beta1), b.scale(gradient, 1 - spec.beta1));
  const v1 = b.add(b.scale(v, spec.beta2), b.mul(b.scale(gradient, 1 - spec.beta2), gradient));
  const root = b.op("Sqrt", [b.div(v1, correction2)]);
  const step = b.div(b.div(m1, correction1), b.add(root, b.scalar(spec.eps)));
  const kept = b.mul(p, b.sub(b.scalar(1), b.scale(lr, spec.weightDecay)));
  return { p: b.sub(kept, b.mul(lr, step)), m: m1, v: v1 };
}
