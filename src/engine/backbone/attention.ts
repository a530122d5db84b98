/**
 * Attention in any spelling, as a description: softmax(scale · q·kᵀ + mask)·v. Scales may stand on
 * q, on k, on both or on the scores, as products or quotients; heads may be an axis of their own or
 * part of the batch; axes may lie in any order.
 */
import { scalarOf, type Value } from "../graph/value";
import { axisBefore } from "../passes/axis-before";
import { behindViews, type GraphView, isMove, isTransparent } from "./graph-view";

export interface Attention {
  softmax: Value;
  /** The product q·kᵀ. */
  scores: Value;
  /** The product of the weights with v. */
  mix: Value;
  /**
   * Operands of the two products, behind the scales, views and permutations that are part of the
   * attention's spelling.
   */
  q: Value;
  k: Value;
  v: Value;
  /** Which input of `scores` the keys are, and which of `mix` the values. */
  keySide: 0 | 1;
  valueSide: 0 | 1;
  /** Factor of q·kᵀ in all; null when a weight or the image decides it. */
  scale: number | null;
  /**
   * What is added to the scaled scores (biases of relative positions, window masks); boolean masks
   * are not in it.
   */
  masks: Value[];
  /** `mix` behind the views that bring the heads together again. */
  out: Value;
}

interface Scaled {
  value: Value;
  /** null: not a number known beforehand. */
  scale: number | null;
}

/**
 * Factor that an elementwise node puts on its operand `i`; null where that is no number; undefined
 * where it is no factor.
 */
function factorOf(v: Value, i: number): number | null | undefined {
  const other = scalarOf(v.inputs[1 - i]);
  if (v.op === "Mul") return other;
  if (v.op === "Div" && i === 0) return other === null ? null : 1 / other;
  return v.op === "Neg" ? -1 : undefined;
}

const times = (a: number | null, b: number | null) => (a === null || b === null ? null : a * b);

/** Through scales and views to what makes an operand. */
function behindScales(view: GraphView, start: Value): Scaled {
  let value = start;
  let scale: number | null = 1;
  for (;;) {
    const active = value.inputs.findIndex((i) => view.active.has(i));
    const i = Math.max(0, active);
    if (value.op === "Reshape" || value.op === "Transpose") value = value.inputs[0];
    else if ((value.op === "Mul" || value.op === "Div") && scalarOf(value.inputs[1 - i]) !== null) {
      const factor = factorOf(value, i);
      if (factor === undefined) return { value, scale };
      scale = times(scale, factor);
      value = value.inputs[i];
    } else return { value, scale };
  }
}

interface Trail extends Scaled {
  masks: Value[];
  /** Axis of `value` over which the softmax sums. */
  axis: number;
}

/** From the softmax back to the product of q and k. */
function findScores(view: GraphView, softmax: Value, isWeighted: (v: Value) => boolean): Trail | null {
  const [first] = softmax.inputs;
  const trails: Trail[] = [{ value: first, scale: 1, masks: [], axis: first.shape.length - 1 }];
  for (let steps = 0; trails.length && steps < 60; steps++) {
    const { value, scale, masks, axis } = trails.pop()!;
    if (value.op === "MatMul") {
      if (!isWeighted(value)) return { value, scale, masks, axis };
      continue;
    }
    if (value.op === "Reshape" || value.op === "Transpose") {
      const before = axisBefore(value, axis);
      if (before !== null) trails.push({ value: value.inputs[0], scale, masks, axis: before });
      continue;
    }
    if (!["Add", "Sub", "Mul", "Div", "Where", "Clip", "Max", "Min"].includes(value.op)) continue;
    value.inputs.forEach((input, i) => {
      if (!view.active.has(input)) return;
      const at = axis - (value.shape.length - input.shape.length);
      if (at < 0) return;
      const factor = factorOf(value, i);
      const next = { value: input, axis: at, scale: factor === undefined ? scale : times(scale, factor), masks };
      const other = value.inputs[1 - i];
      if (value.op === "Add") trails.push({ ...next, masks: [other, ...masks] });
      else trails.push(next);
    });
  }
  return null;
}

/** From the softmax on to the product with the values. */
function findMix(view: GraphView, softmax: Value): { mix: Value; side: 0 | 1 } | null {
  let front: readonly Value[] = [softmax];
  const seen = new Set<Value>();
  while (front.length) {
    const next: Value[] = [];
    for (const v of front) {
      for (const c of view.consumers.get(v) ?? []) {
        if (seen.has(c)) continue;
        seen.add(c);
        if (c.op === "MatMul") return { mix: c, side: c.inputs[0] === v ? 0 : 1 };
        if (isTransparent(view, c)) next.push(c);
      }
    }
    front = next;
  }
  return null;
}

/** Where the mixed values leave the attention: behind single views. */
function leave(view: GraphView, mix: Value): Value {
  let at = mix;
  for (;;) {
    const next = view.consumers.get(at) ?? [];
    if (next.length !== 1 || !isMove(next[0]) || next[0].inputs.length !== 1) return at;
    [at] = next;
  }
}

/**
 * @param isWeighted says which products have a weight: these are layers, never scores
 * @returns every attention in order of computation
 */
export function findAttention(view: GraphView, isWeighted: (v: Value) => boolean): Attention[] {
  return view.order.flatMap((softmax): Attention[] => {
    if (softmax.op !== "Softmax" || !view.active.has(softmax)) return [];
    const trail = findScores(view, softmax, isWeighted);
    const found = findMix(view, softmax);
    if (!trail || !found || isWeighted(found.mix)) return [];
    const scores = trail.value;
    const fromEnd = scores.shape.length - trail.axis;
    if (fromEnd > 2) return [];
    // Keys are what the softmax sums over: the columns of a·b come from b, its rows from a.
    const keySide = fromEnd === 1 ? 1 : 0;
    const valueSide = found.side === 0 ? 1 : 0;
    const [q, k] = [scores.inputs[1 - keySide], scores.inputs[keySide]].map((v) => behindScales(view, v));
    const v = behindScales(view, found.mix.inputs[valueSide]);
    return [
      {
        softmax,
        scores,
        mix: found.mix,
        q: q.value,
        k: k.value,
        v: v.value,
        keySide,
        valueSide,
        scale: times(trail.scale, times(q.scale, k.scale)),
        masks: trail.masks.map(behindViews),
        out: leave(view, found.mix),
      },
    ];
  });
}
