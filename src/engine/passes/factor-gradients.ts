/**
 * Factors gradients. A gradient may reach a value by several paths through one elementwise
 * function. In GELU, these are x itself and the error function. The pass rewrites the sum of the
 * paths as the incoming cotangent times one factor: g·a + (g·b)·c becomes g·(a + b·c). The factor
 * then no longer depends on the backward pass, so the forward pass can compute it where it has the
 * values at hand (`plan/multi-output-fusion.ts`).
 */
import { Builder } from "../graph/builder";
import { rewrite } from "../graph/rewrite";
import { sameShape } from "../graph/tensor";
import { consumersOf, topological, type Value } from "../graph/value";

/** For each operator, the inputs that its result is proportional to. */
const proportional: Readonly<Record<string, readonly number[]>> = { Mul: [0, 1], Div: [0], Neg: [0] };

/** @param outputs the loss first, then the gradients */
export function factorGradients(outputs: readonly Value[]): Value[] {
  const b = new Builder();
  const order = topological(outputs);
  const position = new Map(order.map((v, i) => [v, i]));
  const consumers = consumersOf(order);
  const kept = new Set(outputs);
  const divisors = new Map<Value, ReadonlySet<Value>>();

  /** The values of the same shape of which `v` is a multiple. */
  const divisorsOf = (v: Value): ReadonlySet<Value> => {
    const known = divisors.get(v);
    if (known) return known;
    const factors = (proportional[v.op] ?? []).map((k) => v.inputs[k]).filter((x) => sameShape(x.shape, v.shape));
    const found = new Set([v, ...(v.op === "Add" ? common(v) : factors.flatMap((x) => [...divisorsOf(x)]))]);
    divisors.set(v, found);
    return found;
  };

  /** The values of which both terms of a sum are multiples. */
  const common = ({ inputs: [x, y], shape }: Value): Value[] =>
    [x, y].every((v) => sameShape(v.shape, shape)) ? [...divisorsOf(x)].filter((v) => divisorsOf(y).has(v)) : [];

  /**
   * For a multiple of `g` that is no sum: the position of the input that is a multiple of `g` too.
   */
  const sideOf = (g: Value, { inputs }: Value) => (divisorsOf(inputs[0]).has(g) ? 0 : 1);
  const towards = (g: Value, v: Value) => (v.op === "Add" ? v.inputs : [v.inputs[sideOf(g, v)]]);

  /**
   * Whether nothing outside reads a value between the sum and `g`. Otherwise that value must be
   * computed anyway.
   */
  const isPrivateBetween = (sum: Value, g: Value): boolean => {
    const inside = new Set([sum]);
    for (const v of inside) for (const input of towards(g, v)) if (input !== g) inside.add(input);
    const isPrivate = (v: Value) => v === sum || (!kept.has(v) && consumers.get(v)!.every((c) => inside.has(c)));
    return [...inside].every(isPrivate);
  };

  return rewrite(outputs, b, (old, _, map) => {
    if (old.op !== "Add") return undefined;
    // The latest common value is the cotangent, because everything in the forward pass comes before
    // it.
    const latest = common(old).sort((x, y) => position.get(y)! - position.get(x)!);
    const g = latest.find((v) => isPrivateBetween(old, v));
    if (!g) return undefined;
    /** For each value, its quotient by `g`. null stands for 1. */
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
