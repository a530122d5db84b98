/**
 * Slice pushdown: if a slice is all that is read of a result, computes only that part. For example,
 * the feature may be the class token. The last block then computes keys and values for all tokens,
 * and everything else for one token. A slice moves up through operators that treat the sliced
 * positions independently, as long as nothing else reads more.
 */
import { Builder } from "../graph/builder";
import { sizeOf } from "../graph/tensor";
import { topological, type Value } from "../graph/value";
import { opDef } from "../ops";
import { ints } from "../ops/define";
import { hasOwnAxis, leadOf, placeIn, type Tokens } from "./propagate-tokens";

/** Positions [start, start + length) of an axis. */
interface SlicePart extends Tokens {
  start: number;
  length: number;
}

/** The part of a value that is read. null stands for all of it. */
type Need = SlicePart | null;

const needKey = (need: Need) => need && [need.axis, need.outer, need.inner, need.count, need.start, need.length].join();

/** The part that a slice with step 1 along one axis reads. null for other slices. */
function partRead({ inputs: [x], attrs, shape }: Value): Need {
  const cut = shape.flatMap((d, axis) => (d === x.shape[axis] ? [] : [axis]));
  const [axis] = cut;
  const hasSteps = ints(attrs, "steps").some((step) => step !== 1);
  if (cut.length !== 1 || hasSteps) return null;
  const [start, count] = [ints(attrs, "starts")[axis], x.shape[axis]];
  return { axis, outer: 1, inner: 1, count, start, length: shape[axis] };
}

/**
 * The parts of the operands that a part of the result needs. undefined where the operator cannot
 * compute a part.
 */
type Reader = (v: Value, part: SlicePart) => Need[] | undefined;

/** For operators whose operands broadcast to the result's shape. */
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

/**
 * Rows of the left operand, or leading axes of both. It does not slice columns, because that would
 * slice weights.
 */
const matmul: Reader = (v, part) => {
  const rank = v.shape.length;
  if (part.axis === rank - 1) return undefined;
  if (part.axis < rank - 2) return broadcast(v, part);
  const own = v.inputs[0].shape.length;
  return [{ ...part, axis: v.attrs.transA === 1 ? own - 1 : own - 2 }, null];
};

/** For operators on rows of the last axis. */
const rows: Reader = ({ shape }, part) => (part.axis === shape.length - 1 ? undefined : [part]);

const reduce: Reader = ({ attrs }, part) => (ints(attrs, "axes").includes(part.axis) ? undefined : [part]);

/** A slice of a slice is one slice. */
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

/** For every value, the part that is needed, and the parts that it needs of its operands. */
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

/** Slices a part from a whole value. */
function cut(b: Builder, value: Value, part: SlicePart): Value {
  const lead = leadOf(value.shape, part);
  const rest = sizeOf(value.shape) / (lead * part.count);
  const apart = b.reshape(value, [lead, part.count, rest]);
  const shape = [lead, part.length, rest];
  const piece = b.op("Slice", [apart], { starts: [0, part.start, 0], steps: [1, 1, 1], shape });
  return b.reshape(piece, shortened(value.shape, part));
}

/** Rewrites the graph so that it computes only the parts that the outputs need. */
export function pushDownSlices(outputs: readonly Value[]): Value[] {
  const b = new Builder();
  const { order, needs, ofOperands } = needsOf(outputs);
  /** The computed part of each value. */
  const computed = new Map<Value, Value>();
  const cuts = new Map<string, Value>();
  const isComputed = (x: Value, need: Need) => needKey(needs.get(x)!) === needKey(need);
  const operand = (x: Value, need: Need): Value => {
    const value = computed.get(x)!;
    if (!need || isComputed(x, need)) return value;
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
    if (slices && first && isComputed(v.inputs[0], first)) {
      computed.set(v, computed.get(v.inputs[0])!);
      continue;
    }
    const inputs = v.inputs.map((x, i) => operand(x, slices ? null : ofOperands.get(v)![i]));
    const changed = part !== null || inputs.some((x, i) => x !== v.inputs[i]);
    computed.set(v, changed ? b.op(v.op, inputs, part ? narrowAttrs(v, part) : v.attrs) : v);
  }
  b.scope = "";
  return outputs.map((v) => computed.get(v)!);
}

/**
 * Changes the attributes that contain the result's shape, or the start of a slice along the part's
 * axis.
 */
function narrowAttrs({ op, inputs: [x], attrs, shape }: Value, part: SlicePart): Value["attrs"] {
  const isCut = op === "Slice" && x.shape[part.axis] !== shape[part.axis];
  const starts = isCut && { starts: ints(attrs, "starts").map((start, axis) => (axis === part.axis ? 0 : start)) };
  return { ...attrs, ...(attrs.shape && { shape: shortened(shape, part) }), ...starts };
}
