/**
 * Further tokens on stretches of a transformer: the graph of N tokens, whose reshapes and slices
 * hold N as a number, is built anew for p + N, and what leaves the stretch has N again. The further
 * tokens stand first on every token axis. What does not treat tokens alike (windows, tables by
 * place, convolutions) cannot take them and is refused by name.
 */
import { RadaptError } from "../../base/error";
import type { Builder } from "../graph/builder";
import { sizeOf } from "../graph/tensor";
import { topological, type Value } from "../graph/value";
import { leadOf, type Propagated, propagateTokens, refuse, type Tokens } from "./propagate-tokens";

export interface Stretch {
  /** The tokens [B, N, D] or [N, B, D] before which the further ones are put. */
  start: Value;
  /** [B, p, D] */
  added: Value;
  /** What is computed with the further tokens, `start` aside. */
  inside: ReadonlySet<Value>;
  /** Operands inside that have the N tokens only: user → position. */
  without: ReadonlyMap<Value, number>;
  /**
   * The softmaxes that sum over the further tokens: tells the token axis from a batch of the same
   * length.
   */
  softmaxes: readonly Value[];
}

/** Where everything inside has its token axes. @throws RadaptError `method.backbone` */
function trace(order: readonly Value[], { start, added, inside, without, softmaxes }: Stretch, axis: number) {
  const found = new Map<Value, Propagated>([
    [start, { tokens: [{ axis, outer: 1, inner: 1, count: start.shape[axis] }] }],
  ]);
  for (const v of order) {
    if (!inside.has(v)) continue;
    const operands = v.inputs.map((input, i) => ({
      plain: input,
      tokens: without.get(v) === i ? [] : (found.get(input)?.tokens ?? []),
    }));
    found.set(v, propagateTokens(v, operands, added.shape[1]));
  }
  for (const s of softmaxes) {
    const sums = found.get(s)?.tokens.some((t) => t.axis === s.shape.length - 1);
    if (!sums) throw refuse(s, "it does not sum over the tokens");
  }
  return found;
}

/**
 * The trace along the axis that is not the batch; where both are as long, along the one that the
 * softmaxes sum over.
 */
function traceEither(order: readonly Value[], stretch: Stretch): { axis: number; found: Map<Value, Propagated> } {
  const { start, added } = stretch;
  const axes = [1, 0].filter((axis) => start.shape[1 - axis] === added.shape[0]);
  let problem: RadaptError | undefined;
  for (const axis of axes) {
    try {
      return { axis, found: trace(order, stretch, axis) };
    } catch (error) {
      if (!(error instanceof RadaptError)) throw error;
      problem ??= error;
    }
  }
  throw problem ?? refuse(start, `no axis of [${start.shape.join(", ")}] is the batch of ${added.shape[0]}`);
}

/** `value` is `plain` with p more tokens; without them again. */
function shorten(b: Builder, plain: Value, value: Value, tokens: readonly Tokens[], added: number): Value {
  if (tokens.length === 0) return value;
  const lead = leadOf(plain.shape, tokens[0]);
  const { count } = tokens[0];
  if (tokens.length > 1) throw refuse(plain, "it is read without the further tokens where it has them on two axes");
  const inner = sizeOf(plain.shape) / (lead * count);
  const rows = b.reshape(value, [lead, added + count, inner]);
  const shape = [lead, count, inner];
  return b.reshape(b.op("Slice", [rows], { starts: [0, added, 0], steps: [1, 1, 1], shape }), plain.shape);
}

/**
 * The outputs with further tokens on the stretches, of which none reaches into another.
 *
 * @throws RadaptError `method.backbone` naming what cannot take them
 */
export function insertTokens(b: Builder, outputs: readonly Value[], stretches: readonly Stretch[]): Value[] {
  const order = topological(outputs);
  const traces = stretches.map((stretch) => ({ stretch, ...traceEither(order, stretch) }));
  const traceOf = new Map(traces.flatMap((t) => [...t.stretch.inside, t.stretch.start].map((v) => [v, t] as const)));
  const isInside = (v: Value) => traceOf.get(v)?.stretch.inside.has(v) ?? false;
  const plain = new Map<Value, Value>();
  const long = new Map<Value, Value>();
  const plainOf = (v: Value): Value => {
    const { stretch, found } = traceOf.get(v) ?? {};
    const known = plain.get(v) ?? shorten(b, v, long.get(v)!, found!.get(v)!.tokens, stretch!.added.shape[1]);
    plain.set(v, known);
    return known;
  };
  for (const v of order) {
    b.scope = v.scope;
    const { stretch, found, axis } = traceOf.get(v) ?? {};
    if (stretch && isInside(v)) {
      const inputs = v.inputs.map((input, i) =>
        stretch.without.get(v) !== i && found!.has(input) ? long.get(input)! : plainOf(input),
      );
      long.set(v, b.op(v.op, inputs, found!.get(v)!.attrs ?? v.attrs));
      continue;
    }
    const inputs = v.inputs.map(plainOf);
    plain.set(v, inputs.some((x, i) => x !== v.inputs[i]) ? b.op(v.op, inputs, v.attrs) : v);
    if (!stretch) continue;
    const { added } = stretch;
    const first = axis === 1 ? added : b.transpose(added, [1, 0, 2]);
    long.set(v, b.op("Concat", [first, plain.get(v)!], { axis: axis! }));
  }
  b.scope = "";
  return outputs.map(plainOf);
}
