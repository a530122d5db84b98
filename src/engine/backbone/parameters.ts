/**
 * What each weight of a backbone is for: part of a layer, of a norm, a position table, a token, a
 * scale. From structure, as the layers' roles are; names play no part.
 */
import type { Value } from "../graph/value";
import { behindViews, type GraphView, isProduct } from "./graph-view";
import type { Layer } from "./layer";
import { beforeBody, type RoleContext } from "./roles";

export interface ParameterRole {
  /** The leaf: a Parameter, or a Constant that the file stores without a name. */
  value: Value;
  name: string;
  /** Name without its last part, e.g. "layers.0.norm1". */
  module: string;
  /**
   * The layer's role; or "norm" (affine part of a layer, batch or group normalisation), "pos"
   * (positions, absolute or relative), "token" (class, register and query tokens), "scale"
   * (LayerScale and its like), "mask" (of scores: no parameter, and trained by no method, though
   * stored like one); "" if unknown.
   */
  role: string;
  part: "weight" | "bias";
}

/**
 * True for what a normalisation makes: a standardised row, or x over the root of its mean square.
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
 * A product with a plain matrix (x @ self.proj) is no layer, but behind the body it is a head's.
 */
function looseProduct({ view, scores, body }: Search, v: Value): Found | null {
  if (!isProduct(v) || !view.active.has(v) || scores.has(v)) return null;
  return { role: body.has(v) ? "" : "head", part: "weight" };
}

/** No position or token has such numbers, masks of scores do. */
const isMask = (v: Value) => v.data!.data.some((x) => x < -50);

/** Axes longer than 1. */
const extent = (v: Value) => v.shape.filter((d) => d > 1).length;

/** The layer whose product `v` is, behind views, sums and scales with what is stored. */
function layerBehind({ products, view }: Search, v: Value): Layer | undefined {
  let at = behindViews(v);
  while (!products.has(at) && (at.op === "Add" || at.op === "Mul")) {
    const active = at.inputs.filter((i) => view.active.has(i));
    if (active.length !== 1) return undefined;
    at = behindViews(active[0]);
  }
  return products.get(at);
}

interface Use {
  user: Value;
  from: Value;
}

/** What `user` does with a weight that reaches it as its operand `from`. */
function roleAt(search: Search, leaf: Value, { user, from }: Use, scaled: ReadonlySet<Value>): Found | null {
  const { view } = search;
  const others = user.inputs.filter((i) => i !== from);
  const [other] = others;
  if (user.op === "Mul" && other && isNormalised(other)) return { role: "norm", part: "weight" };
  if (user.op === "Add" && other) {
    const base = behindViews(other);
    if (isNormalised(base) || (base.op === "Mul" && base.inputs.some(isNormalised)))
      return { role: "norm", part: "bias" };
    const layer = extent(from) <= 1 ? layerBehind(search, other) : undefined;
    const isShiftOfScale = base.op === "Mul" && scaled.has(base);
    if (layer && !isShiftOfScale) return { role: layer.role, part: "bias" };
    const loose = extent(from) <= 1 ? looseProduct(search, base) : null;
    if (loose) return { ...loose, part: "bias" };
  }
  if (!view.active.has(user)) return null;
  if (user.op === "Add" || user.op === "Sub") {
    if (extent(from) > 1) return { role: leaf.data && isMask(leaf) ? "mask" : "pos", part: "weight" };
    return { role: "scale", part: "bias" };
  }
  if (user.op === "Mul") return { role: "scale", part: "weight" };
  if (user.op === "Concat" || search.scores.has(user)) return { role: "token", part: "weight" };
  return looseProduct(search, user) ?? { role: "", part: "weight" };
}

/**
 * Uses of a weight in order: what it meets before the image does, then what it meets with the
 * image.
 */
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

const rank = ["norm", "mask", "pos", "scale", "token"];

/** Batch normalisation: x·(γ·c) + (β − m·γ·c) with c and m stored statistics. */
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
  const direct = found.find((f) => !rank.slice(1).includes(f.role) && f.role !== "");
  const sorted = found.sort((a, b) => rank.indexOf(a.role) - rank.indexOf(b.role)).filter((f) => f.role !== "");
  return direct ?? sorted[0] ?? { role: "", part: "weight" };
}

/**
 * True for a nameless weight of the file, or what was computed from some; masks of scores are none.
 */
export const isNameless = (v: Value) => v.op === "Constant" && v.stored !== undefined && !isMask(v);

/** Roles of every parameter, and of nameless tables that turn out to be positions or tokens. */
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
    if (value.op !== "Parameter" && !(isNameless(value) && extent(value) > 1)) return [];
    const found = roleOf(search, value);
    if (value.op === "Constant" && found.role !== "pos" && found.role !== "token") return [];
    const name = value.name ?? [...value.stored!.keys()].join(" + ");
    const module = value.name ? value.name.replace(/(^|[._])[^._]*$/, "") : "";
    return [{ value, name, module, ...found }];
  });
}
