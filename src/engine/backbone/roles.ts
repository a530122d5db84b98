/**
 * Finds the role of each layer from the structure around it: which layers compute an attention's q,
 * k and v and read its result, which two layers enclose a nonlinearity inside a residual branch,
 * which read the image, and which follow the last residual sum. An uncertain role stays empty, with
 * a warning.
 */
import type { Value } from "../graph/value";
import type { Attention } from "./attention";
import { behindViews, type GraphView, isMove, isProduct, isTransparent } from "./graph-view";
import type { Layer } from "./layer";
import type { Residual } from "./residual";

/** A graph and what was found in it so far. */
export interface RoleContext {
  view: GraphView;
  layers: readonly Layer[];
  products: ReadonlyMap<Value, Layer>;
  attentions: readonly Attention[];
  residuals: ReadonlyMap<Value, Residual>;
  /** Reports a doubt and the layers that it concerns. */
  warn: (text: string, about: Iterable<Layer>) => void;
}

const same = <T>(a: ReadonlySet<T>, b: ReadonlySet<T>) => a.size === b.size && [...a].every((x) => b.has(x));

function assign({ warn }: RoleContext, layers: Iterable<Layer>, role: string): void {
  for (const layer of layers) {
    if (layer.role && layer.role !== role)
      warn(`${layer.module} is ${layer.role} in one place and ${role} in another`, [layer]);
    else layer.role = role;
  }
}

/** The layers from whose products moves, scales and shifts alone compute `start`. */
function sources({ view, products }: RoleContext, start: Value): Set<Layer> {
  const found = new Set<Layer>();
  const seen = new Set<Value>();
  const stack = [start];
  while (stack.length) {
    const v = stack.pop()!;
    if (seen.has(v)) continue;
    seen.add(v);
    const layer = products.get(v);
    const active = v.inputs.filter((i) => view.active.has(i));
    if (layer) found.add(layer);
    // Rotations (x·cos + x'·sin) and normalised queries are sums and quotients of the same product.
    else if (isTransparent(view, v) || ["Add", "Sub", "Mul", "Div"].includes(v.op))
      stack.push(...(active.length > 0 ? active : v.inputs));
    if (found.size > 4) break;
  }
  return found;
}

/** The first layers that `start` reaches through moves, scales, shifts and normalisations. */
function targets({ view, products }: RoleContext, start: Value): Set<Layer> {
  const found = new Set<Layer>();
  const seen = new Set<Value>();
  const queue = [...(view.consumers.get(start) ?? [])];
  while (queue.length) {
    const v = queue.shift()!;
    if (seen.has(v)) continue;
    seen.add(v);
    const layer = products.get(v);
    if (layer) found.add(layer);
    else if (isTransparent(view, v)) queue.push(...view.consumers.get(v)!);
  }
  return found;
}

function assignAttention(context: RoleContext): void {
  context.attentions.forEach((attention, i) => {
    const where = `attention ${i}${attention.softmax.scope ? ` (${attention.softmax.scope})` : ""}`;
    const [q, k, v] = [attention.q, attention.k, attention.v].map((x) => sources(context, x));
    const out = targets(context, attention.out);
    if (out.size === 1) assign(context, out, "attn.out");
    else if (out.size > 1) context.warn(`${where}: ${out.size} layers take its result`, out);
    for (const [letter, found] of Object.entries({ q, k, v })) {
      if (found.size === 0) context.warn(`${where}: no layer makes ${letter}`, []);
      if (found.size > 1) context.warn(`${where}: ${found.size} layers make ${letter}`, found);
    }
    if ([q, k, v].some((found) => found.size !== 1)) return;
    const doubt = (letters: string) => context.warn(`${where}: ${letters} come from one layer, which has no role`, q);
    const parts = new Set([attention.q, attention.k, attention.v]);
    if (same(q, k) && same(k, v)) {
      // q, k and v are three parts of one result. If they are the same value, the attention has no
      // projections.
      if (parts.size === 3) assign(context, q, "attn.qkv");
      else context.warn(`${where}: q, k and v are one and the same, so that no layer makes them`, []);
    } else if (same(q, k)) {
      doubt("q and k");
      assign(context, v, "attn.v");
    } else if (same(q, v)) {
      doubt("q and v");
      assign(context, k, "attn.k");
    } else {
      assign(context, q, "attn.q");
      if (same(k, v)) assign(context, k, "attn.kv");
      else {
        assign(context, k, "attn.k");
        assign(context, v, "attn.v");
      }
    }
  });
}

/** Whether only moves, scales and shifts lie between the image and `start`. */
function readsImage({ view }: RoleContext, start: Value): boolean {
  const seen = new Set<Value>();
  const stack = [start];
  while (stack.length) {
    const v = stack.pop()!;
    if (seen.has(v) || v.op === "Input") continue;
    seen.add(v);
    if (!isTransparent(view, v)) return false;
    stack.push(...v.inputs.filter((i) => view.active.has(i)));
  }
  return view.active.has(start);
}

/**
 * Assigns "patch" to the layer on the image, if its windows do not overlap or its results directly
 * become tokens. All other convolutions are "conv".
 */
function assignConvolutions(context: RoleContext): void {
  for (const layer of context.layers) {
    if (layer.role) continue;
    if (readsImage(context, layer.product.inputs[1 - layer.side])) {
      const kernel = layer.weight.shape.slice(2);
      const tiles = layer.product.op !== "Conv" && kernel.some((d) => d > 1);
      const next = [...targets(context, layer.product)];
      const toTokens = context.attentions.length > 0 && next.length > 0 && next.every((l) => l.kind === "linear");
      if (layer.kind === "linear" ? toTokens : tiles || toTokens) layer.role = "patch";
    }
    if (!layer.role && layer.kind === "conv") layer.role = "conv";
  }
}

/** Positions per image: tokens of a linear layer, or pixels of a convolution's map. */
function placesOf({ view }: Pick<RoleContext, "view">, layer: Layer): number {
  return layer.product.shape.reduce((a, d) => a * d, 1) / layer.outFeatures / view.batch;
}

/** Values on which a residual sum, or a layer on tokens or maps, still depends. */
export function beforeBody(context: Pick<RoleContext, "view" | "residuals" | "products">): Set<Value> {
  const { view, residuals, products } = context;
  const isBody = (v: Value) => residuals.has(v) || (products.has(v) && placesOf(context, products.get(v)!) > 1);
  const set = new Set<Value>();
  for (let i = view.order.length - 1; i >= 0; i--) {
    const v = view.order[i];
    if (isBody(v) || set.has(v)) for (const input of v.inputs) set.add(input);
  }
  return set;
}

/** Assigns "head" to layers on the pooled image, after everything that works on tokens or maps. */
function assignHeads(context: RoleContext): void {
  const body = beforeBody(context);
  for (const layer of context.layers)
    if (!layer.role && !body.has(layer.product) && placesOf(context, layer) === 1) layer.role = "head";
}

interface Inner {
  layers: Set<Layer>;
  /** Layers that a nonlinearity follows. */
  nonlinear: Set<Layer>;
}

/**
 * The layers before `start`, and which of them a nonlinearity follows. Returns null where something
 * else contributes.
 */
function innerLayers({ view, products, residuals }: RoleContext, start: Value): Inner | null {
  const inner: Inner = { layers: new Set(), nonlinear: new Set() };
  const seen = new Set<string>();
  const stack: [Value, boolean][] = [[start, false]];
  while (stack.length) {
    const [v, nonlinear] = stack.pop()!;
    const key = `${v.id} ${nonlinear}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const layer = products.get(v);
    if (layer) {
      inner.layers.add(layer);
      if (nonlinear) inner.nonlinear.add(layer);
      if (layer.kind !== "linear" || inner.layers.size > 2) return null;
      continue;
    }
    if (isProduct(v) || v.op === "Softmax" || v.op === "Input" || residuals.has(v)) return null;
    const linear = isTransparent(view, v) || ["Add", "Sub", "Mul"].includes(v.op);
    const squared = v.inputs.length === 2 && v.inputs[0] === v.inputs[1];
    for (const input of v.inputs) if (view.active.has(input)) stack.push([input, nonlinear || !linear || squared]);
  }
  return inner;
}

/**
 * Whether a layer's result joins the residual stream, apart from scales, shifts and normalisations.
 */
function endsBranch({ view, residuals }: RoleContext, layer: Layer): boolean {
  const queue = [layer.product];
  const seen = new Set<Value>();
  while (queue.length) {
    const v = queue.shift()!;
    for (const c of view.consumers.get(v) ?? []) {
      if (residuals.has(c) && residuals.get(c)!.skip !== v) return true;
      // A gate may multiply the whole branch, and branches may be summed before they join the
      // stream.
      const joins = isTransparent(view, c) || (["Add", "Mul", "ReduceSum"].includes(c.op) && !residuals.has(c));
      if (joins && !seen.has(c)) {
        seen.add(c);
        queue.push(c);
      }
    }
  }
  return false;
}

/**
 * Assigns "mlp.up" and "mlp.down" to two linear layers around a nonlinearity in a residual branch.
 * A gated MLP has two layers before the nonlinearity, with the same input.
 */
function assignMlp(context: RoleContext): void {
  for (const down of context.layers) {
    if (down.role || down.kind !== "linear" || !endsBranch(context, down)) continue;
    const inner = innerLayers(context, down.product.inputs[1 - down.side]);
    if (!inner || inner.nonlinear.size === 0) continue;
    const before = [...inner.layers];
    if (before.some((l) => l.role)) continue;
    if (before.length === 1) before[0].role = "mlp.up";
    else {
      const [a, b] = before.map((l) => behindViews(l.product.inputs[1 - l.side]));
      const gates = before.filter((l) => inner.nonlinear.has(l));
      if (a !== b || gates.length !== 1) continue;
      for (const l of before) l.role = l === gates[0] ? "mlp.gate" : "mlp.up";
    }
    down.role = "mlp.down";
  }
}

/**
 * Assigns "merge" to patch merging: a layer that reads several rows of the layer before,
 * concatenated to one.
 */
function assignMerges(context: RoleContext): void {
  const { view, products } = context;
  for (const layer of context.layers) {
    if (layer.role || layer.kind !== "linear") continue;
    let at = layer.product.inputs[1 - layer.side];
    let joined = false;
    while (isTransparent(view, at) && at.inputs.length > 0 && !products.has(at)) {
      if (at.op === "Concat" && at.inputs.every((i) => view.active.has(i))) joined = true;
      const before = at.inputs.find((i) => view.active.has(i))!;
      if (isMove(at) && before.shape.at(-1)! < layer.inFeatures && before.shape.length > 2) joined = true;
      at = before;
    }
    const width = at.shape.at(-1)!;
    if (joined && width < layer.inFeatures && layer.inFeatures % width === 0 && placesOf(context, layer) > 1)
      layer.role = "merge";
  }
}

/** Sets `role` of every layer whose role is certain. */
export function assignRoles(context: RoleContext): void {
  assignAttention(context);
  assignHeads(context);
  assignConvolutions(context);
  assignMlp(context);
  assignMerges(context);
}
