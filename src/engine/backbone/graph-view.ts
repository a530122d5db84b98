/**
 * Properties of a graph that every search for structure needs: order, consumers, and which values
 * depend on the image.
 */
import { consumersOf, dependents, isLeaf, topological, type Value } from "../graph/value";
import { opDef } from "../ops";

/** A graph with these properties. */
export interface GraphView {
  order: readonly Value[];
  consumers: ReadonlyMap<Value, readonly Value[]>;
  position: ReadonlyMap<Value, number>;
  /** Values that depend on the image. All others are the same for every image. */
  active: ReadonlySet<Value>;
  /** Batch size of the graph. */
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

/** Operators that only copy and rearrange numbers. */
const MOVES = new Set(["Transpose", "Slice", "Concat", "Gather", "Expand", "Pad", "Copy"]);
const AFFINE = new Set(["Add", "Sub", "Mul", "Div"]);

export const isMove = (v: Value) => !isLeaf(v) && (opDef(v.op).kind === "view" || MOVES.has(v.op));
/** Whether a value is a matrix product or a convolution. */
export const isProduct = (v: Value) => v.op === "MatMul" || v.op === "Conv";

/**
 * Whether an operator passes the role of its operand on: a view, a permutation, a standardisation,
 * or a scale or shift that does not depend on the image.
 */
export function isTransparent(view: GraphView, v: Value): boolean {
  if (isMove(v) || v.op === "Standardize" || v.op === "Neg") return true;
  return AFFINE.has(v.op) && v.inputs.filter((i) => view.active.has(i)).length <= 1;
}

/** The value from which views and permutations lead to `v`. */
export function behindViews(v: Value): Value {
  let at = v;
  while (!isLeaf(at) && (opDef(at.op).kind === "view" || at.op === "Transpose")) at = at.inputs[0];
  return at;
}

/**
 * Whether `v` depends on `ancestor`. With `throughProduct`, at least one product must lie between
 * them.
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
