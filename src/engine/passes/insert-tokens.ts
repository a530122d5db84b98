/**
 * Inserts additional tokens into regions of a transformer. Reshapes and slices of the graph contain
 * the number of tokens N, so the pass rebuilds the region for p + N tokens. Values that leave the
 * region have N tokens again. The additional tokens come first on every token axis. The pass
 * refuses, by name, any operator that does not treat all tokens alike (windows, tables by position,
 * convolutions).
 */
import { RadaptError } from "../../base/error";
import type { Builder } from "../graph/builder";
import { sizeOf } from "../graph/tensor";
import { topological, type Value } from "../graph/value";
import { leadOf, type Propagated, propagateTokens, refuse, type Tokens } from "./propagate-tokens";

/** A part of the graph that computes with additional tokens. */
export interface TokenRegion {
  /** The tokens [B, N, D] or [N, B, D] to which the additional ones are prepended. */
  start: Value;
  /** The additional tokens [B, p, D]. */
  added: Value;
  /** The values that are computed with the additional tokens, without `start`. */
  inside: ReadonlySet<Value>;
  /** Operands inside the region that keep only the N tokens: position by operator. */
  without: ReadonlyMap<Value, number>;
  /**
   * The softmaxes that sum over the additional tokens. They tell the token axis from a batch of the
   * same length.
   */
  softmaxes: readonly Value[];
}

/**
 * Finds the token axes of all values inside.
 *
 * @throws RadaptError `method.backbone` for an operator that cannot take additional tokens
 */
function trace(order: readonly Value[], { start, added, inside, without, softmaxes }: TokenRegion, axis: number) {
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
 * Traces along the axis that is not the batch. Where both axes have the same length, it takes the
 * one that the softmaxes sum over.
 */
function traceEither(order: readonly Value[], region: TokenRegion): { axis: number; found: Map<Value, Propagated> } {
  const { start, added } = region;
  const axes = [1, 0].filter((axis) => start.shape[1 - axis] === added.shape[0]);
  let problem: RadaptError | undefined;
  for (const axis of axes) {
    try {
      return { axis, found: trace(order, region, axis) };
    } catch (error) {
      if (!(error instanceof RadaptError)) throw error;
      problem ??= error;
    }
  }
  throw problem ?? refuse(start, `no axis of [${start.shape.join(", ")}] is the batch of ${added.shape[0]}`);
}

/** Removes the p additional tokens from `value`. `plain` is the same value with N tokens. */
function removeAdded(b: Builder, plain: Value, value: Value, tokens: readonly Tokens[], added: number): Value {
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
 * Rebuilds the outputs with additional tokens in the regions. No region may overlap with another.
 *
 * @throws RadaptError `method.backbone` naming the operator that cannot take them
 */
export function insertTokens(b: Builder, outputs: readonly Value[], regions: readonly TokenRegion[]): Value[] {
  const order = topological(outputs);
  const traces = regions.map((region) => ({ region, ...traceEither(order, region) }));
  const traceOf = new Map(traces.flatMap((t) => [...t.region.inside, t.region.start].map((v) => [v, t] as const)));
  const isInside = (v: Value) => traceOf.get(v)?.region.inside.has(v) ?? false;
  const plain = new Map<Value, Value>();
  const long = new Map<Value, Value>();
  const plainOf = (v: Value): Value => {
    const { region, found } = traceOf.get(v) ?? {};
    const known = plain.get(v) ?? removeAdded(b, v, long.get(v)!, found!.get(v)!.tokens, region!.added.shape[1]);
    plain.set(v, known);
    return known;
  };
  for (const v of order) {
    b.scope = v.scope;
    const { region, found, axis } = traceOf.get(v) ?? {};
    if (region && isInside(v)) {
      const inputs = v.inputs.map((input, i) =>
        region.without.get(v) !== i && found!.has(input) ? long.get(input)! : plainOf(input),
      );
      long.set(v, b.op(v.op, inputs, found!.get(v)!.attrs ?? v.attrs));
      continue;
    }
    const inputs = v.inputs.map(plainOf);
    plain.set(v, inputs.some((x, i) => x !== v.inputs[i]) ? b.op(v.op, inputs, v.attrs) : v);
    if (!region) continue;
    const { added } = region;
    const first = axis === 1 ? added : b.transpose(added, [1, 0, 2]);
    long.set(v, b.op("Concat", [first, plain.get(v)!], { axis: axis! }));
  }
  b.scope = "";
  return outputs.map(plainOf);
}
