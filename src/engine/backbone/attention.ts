/**
 * Finds attention, softmax(scale · q·kᵀ + mask)·v, however an exporter writes it. Scales may stand
 * on q, on k, on both or on the scores, as products or quotients. Heads may be an axis of their own
 * or part of the batch. Axes may have any order.
 */
import { scalarOf, type Value } from "../graph/value";
import { axisBefore } from "../passes/axis-before";
import { behindViews, type GraphView, isMove, isTransparent } from "./graph-view";

/** One attention of a graph. */
export interface Attention {
  softmax: Value;
  /** The product q·kᵀ. */
  scores: Value;
  /** The product of the attention weights with v. */
  mix: Value;
  /**
   * Operands of the two products, without the scales, views and permutations that belong to the
   * attention.
   */
  q: Value;
  k: Value;
  v: Value;
  /** Which input of `scores` is the keys, and which input of `mix` is the values. */
  keySide: 0 | 1;
  valueSide: 0 | 1;
  /** Total factor of q·kᵀ. null where a weight or the image determines it. */
  scale: number | null;
  /**
   * What is added to the scaled scores: biases of relative positions, window masks. Boolean masks
   * are not included.
   */
  masks: Value[];
  /** `mix` after the views that join the heads again. */
  out: Value;
}

interface Scaled {
  value: Value;
  /** null where no constant number is the factor. */
  scale: number | null;
}

/**
 * The factor that an elementwise node applies to its operand `i`. Returns null where the factor is
 * no constant number, and undefined where the node does not scale.
 */
function factorOf(v: Value, i: number): number | null | undefined {
  const other = scalarOf(v.inputs[1 - i]);
  if (v.op === "Mul") return other;
  if (v.op === "Div" && i === 0) return other === null ? null : 1 / other;
  return v.op === "Neg" ? -1 : undefined;
}

const multiply = (a: number | null, b: number | null) => (a === null || b === null ? null : a * b);

/** Goes back through scales and views to the value that computes an operand. */
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
      scale = multiply(scale, factor);
      value = value.inputs[i];
    } else return { value, scale };
  }
}

interface ScorePath extends Scaled {
  masks: Value[];
  /** The axis of `value` over which the softmax sums. */
  axis: number;
}

/** Goes back from the softmax to the product of q and k. */
function findScores(view: GraphView, softmax: Value, isWeighted: (v: Value) => boolean): ScorePath | null {
  const [first] = softmax.inputs;
  const paths: ScorePath[] = [{ value: first, scale: 1, masks: [], axis: first.shape.length - 1 }];
  for (let steps = 0; paths.length && steps < 60; steps++) {
    const { value, scale, masks, axis } = paths.pop()!;
    if (value.op === "MatMul") {
      if (!isWeighted(value)) return { value, scale, masks, axis };
      continue;
    }
    if (value.op === "Reshape" || value.op === "Transpose") {
      const before = axisBefore(value, axis);
      if (before !== null) paths.push({ value: value.inputs[0], scale, masks, axis: before });
      continue;
    }
    if (!["Add", "Sub", "Mul", "Div", "Where", "Clip", "Max", "Min"].includes(value.op)) continue;
    value.inputs.forEach((input, i) => {
      if (!view.active.has(input)) return;
      const at = axis - (value.shape.length - input.shape.length);
      if (at < 0) return;
      const factor = factorOf(value, i);
      const next = { value: input, axis: at, scale: factor === undefined ? scale : multiply(scale, factor), masks };
      const other = value.inputs[1 - i];
      if (value.op === "Add") paths.push({ ...next, masks: [other, ...masks] });
      else paths.push(next);
    });
  }
  return null;
}

/** Goes forward from the softmax to the product with the values. */
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

/** Goes forward from the mixed values through views that have one reader each. */
function afterViews(view: GraphView, mix: Value): Value {
  let at = mix;
  for (;;) {
    const next = view.consumers.get(at) ?? [];
    if (next.length !== 1 || !isMove(next[0]) || next[0].inputs.length !== 1) return at;
    [at] = next;
  }
}

/**
 * Finds every attention, in order of computation.
 *
 * @param isWeighted whether a product has a weight. Such a product is a layer and never computes
 *   scores.
 */
export function findAttention(view: GraphView, isWeighted: (v: Value) => boolean): Attention[] {
  return view.order.flatMap((softmax): Attention[] => {
    if (softmax.op !== "Softmax" || !view.active.has(softmax)) return [];
    const path = findScores(view, softmax, isWeighted);
    const found = findMix(view, softmax);
    if (!path || !found || isWeighted(found.mix)) return [];
    const scores = path.value;
    const fromEnd = scores.shape.length - path.axis;
    if (fromEnd > 2) return [];
    // The softmax sums over the keys. They are the columns of a·b if they come from b, and its rows
    // if they come from a.
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
        scale: multiply(path.scale, multiply(q.scale, k.scale)),
        masks: path.masks.map(behindViews),
        out: afterViews(view, found.mix),
      },
    ];
  });
}
