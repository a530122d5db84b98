/**
 * A graph with what every search for structure asks of it: consumers, order, and which values the
 * image decides.
 */
import { consumersOf, dependents, isLeaf, topological, type Value } from "../graph/value";
import { opDef } from "../ops";

export interface GraphView {
  order: readonly Value[];
  consumers: ReadonlyMap<Value, readonly Value[]>;
  position: ReadonlyMap<Value, number>;
  /** Values that depend on the image; all others are the same for every image. */
  active: ReadonlySet<Value>;
  /** Images in the batch that the graph is bound to. */
  batch: number;
}

export function viewGraph(outputs: readonly Value[]): GraphView {
  const order = topological(outputs);
  const image = order.filter((v) => v.op === "Input");
  return {
    order,
    consumers: consumersOf(order),
    position: new Map(order.map((v, i) => [v, i])),
    active: dependents(order, image),
    batch: image[0]?.shape[0] ?? 1,
  };
}

/** Operators whose result holds their inputs' numbers, in another arrangement. */
const MOVES = new Set(["Transpose", "Slice", "Concat", "Gather", "Expand", "Pad", "Copy"]);
const AFFINE = new Set(["Add", "Sub", "Mul", "Div"]);

export const isMove = (v: Value) => !isLeaf(v) && (opDef(v.op).kind === "view" || MOVES.has(v.op));
/** Product of two tensors, or convolution. */
export const isProduct = (v: Value) => v.op === "MatMul" || v.op === "Conv";

/**
 * A view, a permutation, a scale or a shift by what the image does not decide, a standardisation:
 * roles pass through.
 */
export function isTransparent(view: GraphView, v: Value): boolean {
  if (isMove(v) || v.op === "Standardize" || v.op === "Neg") return true;
  return AFFINE.has(v.op) && v.inputs.filter((i) => view.active.has(i)).length <= 1;
}

/** The value behind views and permutations. */
export function behindViews(v: Value): Value {
  let at = v;
  while (!isLeaf(at) && (opDef(at.op).kind === "view" || at.op === "Transpose")) at = at.inputs[0];
  return at;
}

/**
 * True when `ancestor` is reached from `v` backwards, through at least one product if
 * `throughProduct`.
 */
export function reaches(view: GraphView, v: Value, ancestor: Value, throughProduct: boolean): boolean {
  const first = view.position.get(ancestor)!;
  const seen = new Set<Value>();
  const stack: [Value, boolean][] = [[v, false]];
  while (stack.length) {
    const [at, before] = stack.pop()!;
    if (at === ancestor) {
      if (before || !throughProduct) return true;
      continue;
    }
    if (seen.has(at) || view.position.get(at)! < first) continue;
    seen.add(at);
    for (const input of at.inputs) stack.push([input, before || isProduct(at)]);
  }
  return false;
}
