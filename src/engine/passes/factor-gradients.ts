/**
 * The gradient that reaches a value by several ways of one elementwise function (in GELU, by x
 * itself and by its error function) becomes what came in, times one factor: g·a + (g·b)·c is g·(a +
 * b·c). The factor no longer depends on the backward pass, so that the forward pass can compute it
 * where it has all that it needs (`plan/multi-output-fusion.ts`).
 */
import { Builder } from "../graph/builder";
import { rewrite } from "../graph/rewrite";
import { sameShape } from "../graph/tensor";
import { consumersOf, topological, type Value } from "../graph/value";

/** By operator: the inputs to which its result is proportional. */
const proportional: Readonly<Record<string, readonly number[]>> = { Mul: [0, 1], Div: [0], Neg: [0] };

export function factorGradients(outputs: readonly Value[]): Value[] {
  const b = new Builder();
  const order = topological(outputs);
  const position = new Map(order.map((v, i) => [v, i]));
  const consumers = consumersOf(order);
  const kept = new Set(outputs);
  const divisors = new Map<Value, ReadonlySet<Value>>();

  /** The values of its shape that `v` is a multiple of. */
  const divisorsOf = (v: Value): ReadonlySet<Value> => {
    const known = divisors.get(v);
    if (known) return known;
    const factors = (proportional[v.op] ?? []).map((k) => v.inputs[k]).filter((x) => sameShape(x.shape, v.shape));
    const found = new Set([v, ...(v.op === "Add" ? common(v) : factors.flatMap((x) => [...divisorsOf(x)]))]);
    divisors.set(v, found);
    return found;
  };

  /** What both terms of a sum are multiples of. */
  const common = ({ inputs: [x, y], shape }: Value): Value[] =>
    [x, y].every((v) => sameShape(v.shape, shape)) ? [...divisorsOf(x)].filter((v) => divisorsOf(y).has(v)) : [];

  /** Which input of a multiple of `g`, no sum, is a multiple of it too. */
  const sideOf = (g: Value, { inputs }: Value) => (divisorsOf(inputs[0]).has(g) ? 0 : 1);
  const towards = (g: Value, v: Value) => (v.op === "Add" ? v.inputs : [v.inputs[sideOf(g, v)]]);

  /**
   * Whether nothing of what lies between a sum and `g` is read elsewhere, and so has to be made.
   */
  const isOpen = (sum: Value, g: Value): boolean => {
    const inside = new Set([sum]);
    for (const v of inside) for (const input of towards(g, v)) if (input !== g) inside.add(input);
    const isPrivate = (v: Value) => v === sum || (!kept.has(v) && consumers.get(v)!.every((c) => inside.has(c)));
    return [...inside].every(isPrivate);
  };

  return rewrite(outputs, b, (old, _, map) => {
    if (old.op !== "Add") return undefined;
    // The latest of them is what came in: nothing of the forward pass comes after it.
    const latest = common(old).sort((x, y) => position.get(y)! - position.get(x)!);
    const g = latest.find((v) => isOpen(old, v));
    if (!g) return undefined;
    /** By value: it ÷ `g`; null for 1. */
    const factors = new Map<Value, Value | null>([[g, null]]);
    const factorOf = (v: Value): Value | null => {
      const known = factors.get(v);
      if (known !== undefined) return known;
      const [first, second] = towards(g, v).map((input) => factorOf(input) ?? b.scalar(1));
      b.scope = v.scope;
      const other = () => map.get(v.inputs[1 - sideOf(g, v)])!;
      const factor =
        v.op === "Add" ? b.add(first, second) : v.op === "Neg" ? b.neg(first) : b.op(v.op, [first, other()]);
      factors.set(v, factor);
      return factor;
    };
    const factor = factorOf(old)!;
    b.scope = old.scope;
    return b.mul(map.get(g)!, factor);
  }).outputs;
}
