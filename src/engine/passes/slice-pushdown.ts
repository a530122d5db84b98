/**
 * Where a slice is all that is read of a result, only that part is computed: of a transformer's
 * last block whose class token is the feature, the keys and values of all tokens and everything
 * else of one. Slices move up through what treats the sliced positions one by one, as far as nobody
 * else reads more.
 */
import { Builder } from "../graph/builder";
import { sizeOf } from "../graph/tensor";
import { topological, type Value } from "../graph/value";
import { opDef } from "../ops";
import { ints } from "../ops/define";
import { hasOwnAxis, leadOf, placeIn, type Tokens } from "./propagate-tokens";

/** Positions `start` to `start + length` of those that an axis holds. */
interface SlicePart extends Tokens {
  start: number;
  length: number;
}

/** What is read of a value; null is all of it. */
type Need = SlicePart | null;

const needKey = (need: Need) => need && [need.axis, need.outer, need.inner, need.count, need.start, need.length].join();

/** The part that a slice along one axis reads, by steps of one. */
function partRead({ inputs: [x], attrs, shape }: Value): Need {
  const cut = shape.flatMap((d, axis) => (d === x.shape[axis] ? [] : [axis]));
  const [axis] = cut;
  const hasSteps = ints(attrs, "steps").some((step) => step !== 1);
  if (cut.length !== 1 || hasSteps) return null;
  const [start, count] = [ints(attrs, "starts")[axis], x.shape[axis]];
  return { axis, outer: 1, inner: 1, count, start, length: shape[axis] };
}

/**
 * What each operand must give for a part of the result; nothing where the operator cannot be
 * computed in parts.
 */
type Reader = (v: Value, part: SlicePart) => Need[] | undefined;

/** Operands whose axes, counted from the last one, broadcast onto those of a result. */
const broadcast: Reader = ({ inputs, shape }, part) =>
  inputs.map((x) => {
    const axis = part.axis - (shape.length - x.shape.length);
    return axis < 0 || x.shape[axis] !== shape[part.axis] ? null : { ...part, axis };
  });

const view: Reader = ({ inputs: [x], shape }, part) => {
  const place = placeIn(x.shape, leadOf(shape, part), part.count);
  return place ? [{ ...part, ...place }] : undefined;
};

const needOfTranspose: Reader = ({ attrs }, part) => [{ ...part, axis: ints(attrs, "perm")[part.axis] }];

/** Rows of the left operand, or leading axes of both. Columns would be parts of weights. */
const matmul: Reader = (v, part) => {
  const rank = v.shape.length;
  if (part.axis === rank - 1) return undefined;
  if (part.axis < rank - 2) return broadcast(v, part);
  const own = v.inputs[0].shape.length;
  return [{ ...part, axis: v.attrs.transA === 1 ? own - 1 : own - 2 }, null];
};

/** Works on rows of the last axis. */
const rows: Reader = ({ shape }, part) => (part.axis === shape.length - 1 ? undefined : [part]);

const reduce: Reader = ({ attrs }, part) => (ints(attrs, "axes").includes(part.axis) ? undefined : [part]);

/** A slice of a slice. */
const slice: Reader = ({ inputs: [x], attrs, shape }, part) => {
  const { axis } = part;
  if (x.shape[axis] === shape[axis]) return [part];
  if (!hasOwnAxis(part) || ints(attrs, "steps")[axis] !== 1) return undefined;
  return [{ ...part, count: x.shape[axis], start: part.start + ints(attrs, "starts")[axis] }];
};

const pushdowns: Readonly<Record<string, Reader>> = {
  Transpose: needOfTranspose,
  MatMul: matmul,
  Standardize: rows,
  Softmax: rows,
  Slice: slice,
  Expand: broadcast,
  ReduceSum: reduce,
  ReduceMax: reduce,
  ReduceProd: reduce,
};

function readerOf({ op, inputs }: Value): Reader | undefined {
  if (inputs.length === 0) return undefined;
  const { kind } = opDef(op);
  return kind === "elementwise" ? broadcast : kind === "view" ? view : pushdowns[op];
}

/** What is needed of every value, and for that of each of its operands. */
function needsOf(outputs: readonly Value[]) {
  const order = topological(outputs);
  const needs = new Map<Value, Need>(outputs.map((v) => [v, null]));
  const ofOperands = new Map<Value, readonly Need[]>();
  for (const v of order.toReversed()) {
    const part = needs.get(v)!;
    const narrowed = part && readerOf(v)?.(v, part);
    if (!narrowed) needs.set(v, null);
    const whole = v.inputs.map(() => (v.op === "Slice" ? partRead(v) : null));
    ofOperands.set(v, narrowed ?? whole);
    v.inputs.forEach((x, i) => {
      const need = ofOperands.get(v)![i];
      needs.set(x, needs.has(x) && needKey(needs.get(x)!) !== needKey(need) ? null : need);
    });
  }
  return { order, needs, ofOperands };
}

const shortened = (shape: readonly number[], { axis, outer, inner, length }: SlicePart) =>
  shape.map((d, a) => (a === axis ? outer * length * inner : d));

/** A part of a whole value. */
function cut(b: Builder, value: Value, part: SlicePart): Value {
  const lead = leadOf(value.shape, part);
  const rest = sizeOf(value.shape) / (lead * part.count);
  const apart = b.reshape(value, [lead, part.count, rest]);
  const shape = [lead, part.length, rest];
  const piece = b.op("Slice", [apart], { starts: [0, part.start, 0], steps: [1, 1, 1], shape });
  return b.reshape(piece, shortened(value.shape, part));
}

/** The same outputs, from the parts that they need. */
export function pushDownSlices(outputs: readonly Value[]): Value[] {
  const b = new Builder();
  const { order, needs, ofOperands } = needsOf(outputs);
  /** Each value as far as it is needed. */
  const made = new Map<Value, Value>();
  const cuts = new Map<string, Value>();
  const isMade = (x: Value, need: Need) => needKey(needs.get(x)!) === needKey(need);
  const operand = (x: Value, need: Need): Value => {
    const value = made.get(x)!;
    if (!need || isMade(x, need)) return value;
    const key = `${x.id}: ${needKey(need)}`;
    const piece = cuts.get(key) ?? cut(b, value, need);
    cuts.set(key, piece);
    return piece;
  };
  for (const v of order) {
    b.scope = v.scope;
    const part = needs.get(v)!;
    const slices = !part && v.op === "Slice";
    const [first] = ofOperands.get(v)!;
    if (slices && first && isMade(v.inputs[0], first)) {
      made.set(v, made.get(v.inputs[0])!);
      continue;
    }
    const inputs = v.inputs.map((x, i) => operand(x, slices ? null : ofOperands.get(v)![i]));
    const changed = part !== null || inputs.some((x, i) => x !== v.inputs[i]);
    made.set(v, changed ? b.op(v.op, inputs, part ? narrowAttrs(v, part) : v.attrs) : v);
  }
  b.scope = "";
  return outputs.map((v) => made.get(v)!);
}

/** Attributes that name the result's shape or where a slice along the part's axis begins. */
function narrowAttrs({ op, inputs: [x], attrs, shape }: Value, part: SlicePart): Value["attrs"] {
  const isCut = op === "Slice" && x.shape[part.axis] !== shape[part.axis];
  const starts = isCut && { starts: ints(attrs, "starts").map((start, axis) => (axis === part.axis ? 0 : start)) };
  return { ...attrs, ...(attrs.shape && { shape: shortened(shape, part) }), ...starts };
}
