/**
 * Finds the role of each weight of a backbone: part of a layer or normalisation, position table,
 * token or scale. Like the roles of layers, it comes from structure and never from names.
 */
import type { Value } from "../graph/value";
import { behindViews, type GraphView, isProduct } from "./graph-view";
import type { Layer } from "./layer";
import { beforeBody, type RoleContext } from "./roles";

/** A weight and its role. */
export interface ParameterRole {
  /** The leaf: a Parameter, or a Constant that the file stores without a name. */
  value: Value;
  name: string;
  /** Name without its last part, e.g. "layers.0.norm1". */
  module: string;
  /**
   * The role of the weight's layer, or one of these:
   * - "norm": scale or shift of a layer, batch or group normalisation
   * - "pos": positions, absolute or relative
   * - "token": class, register and query tokens
   * - "scale": LayerScale and similar
   * - "mask": a mask of the scores, which is stored like a parameter but never trained
   * - "": unknown
   */
  role: string;
  part: "weight" | "bias";
}

/**
 * Whether a normalisation computes `v`: a standardised row, or x divided by the root of its mean
 * square.
 */
function isNormalised(v: Value): boolean {
  const root = behindViews(v);
  if (root.op === "Standardize") return true;
  const isRoot = (x: Value) => x.op === "Sqrt" && behindViews(x.inputs[0]).op === "Add";
  if (root.op === "Div") return isRoot(root.inputs[1]);
  const isInverse = (x: Value) => (x.op === "Reciprocal" || x.op === "Div") && isRoot(x.inputs.at(-1)!);
  return root.op === "Mul" && root.inputs.some(isInverse);
}

type Found = Pick<ParameterRole, "role" | "part">;

interface Search {
  view: GraphView;
  products: ReadonlyMap<Value, Layer>;
  weights: ReadonlyMap<Value, Layer>;
  scores: ReadonlySet<Value>;
  /** See `beforeBody`. */
  body: ReadonlySet<Value>;
}

/**
 * The role of a plain matrix (x @ self.proj). Its product is no layer. After the body it belongs to
 * the head.
 */
function plainMatrixRole({ view, scores, body }: Search, v: Value): Found | null {
  if (!isProduct(v) || !view.active.has(v) || scores.has(v)) return null;
  return { role: body.has(v) ? "" : "head", part: "weight" };
}

/** Whether numbers look like a mask of scores. Positions and tokens have no number below −50. */
const isMask = (v: Value) => v.data!.data.some((x) => x < -50);

/** Number of axes longer than 1. */
const longAxes = (v: Value) => v.shape.filter((d) => d > 1).length;

/**
 * The layer whose product leads to `v` through views, and through sums and scales with stored
 * values.
 */
function layerBehind({ products, view }: Search, v: Value): Layer | undefined {
  let at = behindViews(v);
  while (!products.has(at) && (at.op === "Add" || at.op === "Mul")) {
    const active = at.inputs.filter((i) => view.active.has(i));
    if (active.length !== 1) return undefined;
    at = behindViews(active[0]);
  }
  return products.get(at);
}

/** An operator that reads a weight, or a value computed from it. */
interface Use {
  user: Value;
  from: Value;
}

/**
 * The role that one use of a weight suggests. `from` is the operand through which the weight
 * reaches `user`.
 */
function roleAt(search: Search, leaf: Value, { user, from }: Use, scaled: ReadonlySet<Value>): Found | null {
  const { view } = search;
  const others = user.inputs.filter((i) => i !== from);
  const [other] = others;
  if (user.op === "Mul" && other && isNormalised(other)) return { role: "norm", part: "weight" };
  if (user.op === "Add" && other) {
    const base = behindViews(other);
    if (isNormalised(base) || (base.op === "Mul" && base.inputs.some(isNormalised)))
      return { role: "norm", part: "bias" };
    const layer = longAxes(from) <= 1 ? layerBehind(search, other) : undefined;
    const isShiftOfScale = base.op === "Mul" && scaled.has(base);
    if (layer && !isShiftOfScale) return { role: layer.role, part: "bias" };
    const loose = longAxes(from) <= 1 ? plainMatrixRole(search, base) : null;
    if (loose) return { ...loose, part: "bias" };
  }
  if (!view.active.has(user)) return null;
  if (user.op === "Add" || user.op === "Sub") {
    if (longAxes(from) > 1) return { role: leaf.data && isMask(leaf) ? "mask" : "pos", part: "weight" };
    return { role: "scale", part: "bias" };
  }
  if (user.op === "Mul") return { role: "scale", part: "weight" };
  if (user.op === "Concat" || search.scores.has(user)) return { role: "token", part: "weight" };
  return plainMatrixRole(search, user) ?? { role: "", part: "weight" };
}

/** The uses of a weight in order. The search follows values that do not depend on the image. */
function usesOf(view: GraphView, leaf: Value): Use[] {
  const uses: Use[] = [];
  const seen = new Set<Value>([leaf]);
  const queue = [leaf];
  while (queue.length) {
    const from = queue.shift()!;
    for (const user of view.consumers.get(from)!) {
      uses.push({ user, from });
      if (view.active.has(user) || seen.has(user)) continue;
      seen.add(user);
      queue.push(user);
    }
  }
  return uses;
}

const precedence = ["norm", "mask", "pos", "scale", "token"];

/**
 * The role of a batch normalisation's scale or shift: x·(γ·c) + (β − m·γ·c), where c and m are
 * stored statistics.
 */
function batchNormRole(view: GraphView, leaf: Value): Found | null {
  const uses = usesOf(view, leaf);
  const active = uses.filter(({ user }) => view.active.has(user)).map(({ user }) => user);
  const scale = active.find((u) => u.op === "Mul");
  const isStatistic = (v: Value) => v.op === "Constant";
  if (scale) {
    const first = uses.find(({ user }) => user.op === "Mul" && user.inputs.some(isStatistic));
    const shift = active.find((u) => u.op === "Add" && u.inputs.includes(scale));
    return first && shift ? { role: "norm", part: "weight" } : null;
  }
  const shifted = uses.find(
    ({ user, from }) => user.op === "Sub" && user.inputs[0] === from && behindViews(user.inputs[1]).op === "Mul",
  );
  const gammas = shifted?.user.inputs[1].inputs ?? [];
  return gammas.some(isStatistic) ? { role: "norm", part: "bias" } : null;
}

function roleOf(search: Search, leaf: Value): Found {
  const { view, weights } = search;
  const layer = weights.get(leaf);
  if (layer) return { role: layer.role, part: "weight" };
  const batchNorm = batchNormRole(view, leaf);
  if (batchNorm) return batchNorm;
  const uses = usesOf(view, leaf);
  const scaled = new Set(uses.filter(({ user }) => user.op === "Mul").map(({ user }) => user));
  const found = uses.flatMap((use) => roleAt(search, leaf, use, scaled) ?? []);
  const direct = found.find((f) => !precedence.slice(1).includes(f.role) && f.role !== "");
  const sorted = found
    .sort((a, b) => precedence.indexOf(a.role) - precedence.indexOf(b.role))
    .filter((f) => f.role !== "");
  return direct ?? sorted[0] ?? { role: "", part: "weight" };
}

/**
 * Whether a constant is an unnamed weight of the file, or computed from some. Masks of scores do
 * not count.
 */
export const isNameless = (v: Value) => v.op === "Constant" && v.stored !== undefined && !isMask(v);

/** The roles of every parameter, and of unnamed tables that are positions or tokens. */
export function findParameters(
  context: Pick<RoleContext, "view" | "layers" | "products" | "attentions" | "residuals">,
): ParameterRole[] {
  const { view, layers, products, attentions } = context;
  const search: Search = {
    view,
    products,
    body: beforeBody(context),
    weights: new Map(layers.map((l) => [l.weight, l])),
    scores: new Set(attentions.map((a) => a.scores)),
  };
  return view.order.flatMap((value): ParameterRole[] => {
    if (value.op !== "Parameter" && !(isNameless(value) && longAxes(value) > 1)) return [];
    const found = roleOf(search, value);
    if (value.op === "Constant" && found.role !== "pos" && found.role !== "token") return [];
    const name = value.name ?? [...value.stored!.keys()].join(" + ");
    const module = value.name ? value.name.replace(/(^|[._])[^._]*$/, "") : "";
    return [{ value, name, module, ...found }];
  });
}
