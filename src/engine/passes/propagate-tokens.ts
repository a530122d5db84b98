/**
 * For each operator: on which axes the result has the tokens of its operands, and which attributes
 * it needs for more tokens.
 */
import { RadaptError } from "../../base/error";
import { sizeOf } from "../graph/tensor";
import type { Attrs, Value } from "../graph/value";
import { opDef } from "../ops";
import { num } from "../ops/define";

/**
 * The place of N tokens in a value. They have an axis of their own, or share one with other indices
 * (rows of all images, B·N).
 */
export interface Tokens {
  axis: number;
  /** Number of times that the tokens repeat within the axis. */
  outer: number;
  /** Number of elements of the axis per token. */
  inner: number;
  count: number;
}

/** An operand and the places of its tokens. */
export interface TokenOperand {
  /** The operand in the graph with N tokens. */
  plain: Value;
  tokens: readonly Tokens[];
}

/** What an operator does with additional tokens. */
export interface Propagated {
  /** The places of the tokens in the result. Empty where the operator sums over the tokens. */
  tokens: readonly Tokens[];
  /** Attributes for more tokens. Absent: the attributes stay as they are. */
  attrs?: Attrs;
}

type Propagation = (v: Value, operands: readonly TokenOperand[], added: number) => Propagated;

/** The shape of a value with additional tokens. */
const longer = (shape: readonly number[], tokens: readonly Tokens[], added: number): number[] =>
  shape.map((d, a) =>
    tokens.filter(({ axis }) => axis === a).reduce((size, { count }) => (size / count) * (count + added), d),
  );

/** The error for an operator that cannot take additional tokens. */
export function refuse(v: Value, why: string): RadaptError {
  const shapes = v.inputs.map((i) => `[${i.shape.join(", ")}]`).join(", ");
  return new RadaptError("This backbone cannot take further tokens", {
    code: "method.backbone",
    where: v.scope || v.name || v.op,
    expected: "a plain vision transformer, whose blocks treat all tokens alike",
    got: `${v.op}${shapes && ` of ${shapes}`} to [${v.shape.join(", ")}]: ${why}`,
    remedy: "Use another method for this backbone, e.g. LoRA, SSF or BitFit.",
  });
}

/**
 * Number of elements before the tokens in row-major order. It is the same in every shape that holds
 * the tokens on one axis.
 */
export const leadOf = (shape: readonly number[], { axis, outer }: Tokens): number =>
  sizeOf(shape.slice(0, axis)) * outer;

/**
 * The axis that holds the tokens in another shape of the same numbers. null where the shape splits
 * them over several axes.
 */
export function placeIn(shape: readonly number[], lead: number, count: number): Tokens | null {
  const places = shape.flatMap((d, axis): Tokens[] => {
    const before = sizeOf(shape.slice(0, axis));
    if (lead % before !== 0 || (before * d) % (lead * count) !== 0) return [];
    const outer = lead / before;
    return [{ axis, outer, inner: d / (outer * count), count }];
  });
  return places.find(hasOwnAxis) ?? places[0] ?? null;
}

/** Whether the tokens have an axis of their own. */
export const hasOwnAxis = (t: Tokens) => t.outer === 1 && t.inner === 1;

const isSame = (a: Tokens, b: Tokens) =>
  a.axis === b.axis && a.outer === b.outer && a.inner === b.inner && a.count === b.count;

const moved = (tokens: readonly Tokens[], to: (axis: number) => number) =>
  tokens.map((t) => ({ ...t, axis: to(t.axis) }));

/**
 * The places of the operands' tokens in a result of this rank, after broadcasting. An operand
 * without tokens on such an axis must not vary along it.
 */
function broadcastTokens(v: Value, operands: readonly TokenOperand[], rank = v.shape.length): Tokens[] {
  const own = operands.map(({ plain, tokens }) => moved(tokens, (axis) => axis + rank - plain.shape.length));
  const all: Tokens[] = [];
  for (const t of own.flat()) if (!all.some((other) => isSame(t, other))) all.push(t);
  operands.forEach(({ plain }, k) => {
    for (const t of all) {
      const size = plain.shape[t.axis - (rank - plain.shape.length)] ?? 1;
      if (size !== 1 && !own[k].some((other) => isSame(t, other)))
        throw refuse(v, `its operand [${plain.shape.join(", ")}] holds numbers for each token`);
    }
  });
  return all;
}

const elementwise: Propagation = (v, operands) => ({ tokens: broadcastTokens(v, operands) });

const propagateView: Propagation = (v, [{ plain, tokens }], added) => {
  const places = tokens.map((t) => {
    const place = placeIn(v.shape, leadOf(plain.shape, t), t.count);
    if (!place) throw refuse(v, "it splits the tokens");
    return place;
  });
  return { tokens: places, attrs: v.attrs.shape ? { shape: longer(v.shape, places, added) } : undefined };
};

const propagateTranspose: Propagation = (v, [{ tokens }]) => ({
  tokens: moved(tokens, (axis) => (v.attrs.perm as readonly number[]).indexOf(axis)),
});

/**
 * Rows and columns go to the result, and leading axes broadcast. The product sums over the inner
 * axis, so both operands must have the same tokens there.
 */
const propagateMatmul: Propagation = (v, operands) => {
  const rank = v.shape.length;
  const transposed = [v.attrs.transA === 1, v.attrs.transB === 1];
  const parts = operands.map(({ plain, tokens }, k) => {
    const own = plain.shape.length;
    const inner = own - ((k === 0) === transposed[k] ? 2 : 1);
    return {
      inner: moved(tokens, (axis) => axis - inner).filter((t) => t.axis === 0),
      outer: tokens.filter((t) => t.axis >= own - 2 && t.axis !== inner).map((t) => ({ ...t, axis: rank - 2 + k })),
      lead: { plain: { ...plain, shape: plain.shape.slice(0, -2) }, tokens: tokens.filter((t) => t.axis < own - 2) },
    };
  });
  const [{ inner }, other] = parts;
  const agrees = inner.length === other.inner.length && inner.every((t) => other.inner.some((u) => isSame(t, u)));
  if (!agrees) throw refuse(v, "it sums over the tokens with a stored factor for each");
  const lead = broadcastTokens(
    v,
    parts.map((p) => p.lead),
    rank - 2,
  );
  return { tokens: [...lead, ...parts.flatMap((p) => p.outer)] };
};

/**
 * For operators on rows of the last axis.
 *
 * @param sums whether the operator may sum over the tokens
 */
const propagateRows =
  (sums: boolean): Propagation =>
  (v, [{ tokens }]) => {
    const mixed = tokens.some((t) => t.axis === v.shape.length - 1 && !(sums && hasOwnAxis(t)));
    if (mixed) throw refuse(v, "it normalises over the tokens");
    return { tokens };
  };

const propagateReduce: Propagation = (v, [{ tokens }]) => {
  const axes = v.attrs.axes as readonly number[];
  if (tokens.some((t) => axes.includes(t.axis))) throw refuse(v, "it sums over the tokens");
  return { tokens };
};

/** A slice of the tokens contains the additional ones if it contains the first token. */
const propagateSlice: Propagation = (v, [{ plain, tokens }], added) => {
  const starts = [...(v.attrs.starts as readonly number[])];
  const steps = v.attrs.steps as readonly number[];
  const kept = tokens.flatMap((t): Tokens[] => {
    const { axis } = t;
    if (starts[axis] === 0 && steps[axis] === 1 && v.shape[axis] === plain.shape[axis]) return [t];
    if (!hasOwnAxis(t) || steps[axis] !== 1) throw refuse(v, "it picks tokens");
    if (starts[axis] === 0) return [{ ...t, count: v.shape[axis] }];
    starts[axis] += added;
    return [];
  });
  return { tokens: kept, attrs: { starts, steps, shape: longer(v.shape, kept, added) } };
};

const pad: Propagation = (v, [{ plain, tokens }], added) => {
  if (tokens.some(({ axis }) => v.shape[axis] !== plain.shape[axis])) throw refuse(v, "it pads the tokens");
  return { tokens, attrs: { ...v.attrs, shape: longer(v.shape, tokens, added) } };
};

const expand: Propagation = (v, operands, added) => {
  const tokens = broadcastTokens(v, operands);
  return { tokens, attrs: { shape: longer(v.shape, tokens, added) } };
};

const gather: Propagation = (v, [{ tokens }]) => {
  if (tokens.some((t) => t.axis === num(v.attrs, "axis"))) throw refuse(v, "it picks tokens");
  return { tokens };
};

/**
 * Concatenation along another axis: all parts must have the tokens. Along the token axis: the first
 * part has the additional ones.
 */
const concat: Propagation = (v, operands) => {
  const axis = num(v.attrs, "axis");
  const [across, ...others] = operands.map(({ tokens }) => tokens.filter((t) => t.axis !== axis));
  const agree = others.every((list) => list.length === across.length && list.every((t, i) => isSame(t, across[i])));
  if (!agree) throw refuse(v, "it joins what has further tokens with what has none");
  const [first, ...rest] = operands.map(({ tokens }) => tokens.filter((t) => t.axis === axis));
  if (rest.flat().length > 0 || !first.every(hasOwnAxis)) throw refuse(v, "it reorders the tokens");
  return { tokens: [...across, ...first.map((t) => ({ ...t, count: v.shape[axis] }))] };
};

const propagations: Readonly<Record<string, Propagation>> = {
  Transpose: propagateTranspose,
  MatMul: propagateMatmul,
  Standardize: propagateRows(false),
  Softmax: propagateRows(true),
  ReduceSum: propagateReduce,
  ReduceMax: propagateReduce,
  ReduceProd: propagateReduce,
  Slice: propagateSlice,
  Pad: pad,
  Expand: expand,
  Gather: gather,
  Concat: concat,
};

/**
 * Finds the tokens of an operator's result.
 *
 * @param v an operator in the graph with N tokens
 * @param added number p of additional tokens
 * @throws RadaptError `method.backbone` for an operator that does not treat all tokens alike
 */
export function propagateTokens(v: Value, operands: readonly TokenOperand[], added: number): Propagated {
  const { kind } = opDef(v.op);
  const propagation = kind === "elementwise" ? elementwise : kind === "view" ? propagateView : propagations[v.op];
  if (propagation) return propagation(v, operands, added);
  throw refuse(v, "it mixes tokens in a way of its own");
}
