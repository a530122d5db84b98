/**
 * The layers of a backbone that methods adapt, and what each does. Layers are products with a weight; roles come from the
 * structure around them (what feeds a softmax, what follows it), never from names.
 */
import { consumersOf, topological, type Value } from "./ir/value";
import type { LayerInfo } from "./types";

export interface Layer extends LayerInfo {
  /** The value whose sum with an update adapts the layer: the product, before the bias. */
  product: Value;
  /** The parameter leaf. */
  weight: Value;
  /** Position of the weight among the product's inputs. */
  side: 0 | 1;
  /** True for an nn.Linear or nn.Conv of its own name; false for a part of nn.MultiheadAttention, which PEFT cannot name. */
  isModule: boolean;
}

/** The parameter behind views. */
function parameterOf(v: Value): Value | null {
  if (v.op === "Parameter" && v.shape.length >= 2) return v;
  return (v.op === "Reshape" || v.op === "Transpose") && v.inputs[0].op === "Parameter" ? v.inputs[0] : null;
}

const moduleOf = (weight: Value) => weight.name!.replace(/[._]weight$/, "");

/** Follows data-moving and elementwise nodes backwards from `start` to the first layers' products. */
function sources(start: Value, products: ReadonlyMap<Value, Layer>): Set<Layer> {
  const found = new Set<Layer>();
  const seen = new Set<Value>();
  const queue = [start];
  while (queue.length) {
    const v = queue.pop()!;
    if (seen.has(v)) continue;
    seen.add(v);
    const layer = products.get(v);
    if (layer) found.add(layer);
    else queue.push(...v.inputs);
    if (seen.size > 200) break;
  }
  return found;
}

/** Follows consumers forwards to the first layers' products. */
function targets(
  start: Value,
  consumers: ReadonlyMap<Value, Value[]>,
  products: ReadonlyMap<Value, Layer>,
): Set<Layer> {
  const found = new Set<Layer>();
  const queue = [...(consumers.get(start) ?? [])];
  for (let steps = 0; queue.length && steps < 50; steps++) {
    const v = queue.shift()!;
    const layer = products.get(v);
    if (layer) found.add(layer);
    else queue.push(...(consumers.get(v) ?? []));
  }
  return found;
}

/** The product behind a softmax: through scaling, masks and views. */
function scoresOf(softmax: Value, products: ReadonlyMap<Value, Layer>): Value | null {
  const queue = [softmax.inputs[0]];
  for (let steps = 0; queue.length && steps < 20; steps++) {
    const v = queue.shift()!;
    if (v.op === "MatMul" && !products.has(v)) return v;
    queue.push(...v.inputs);
  }
  return null;
}

function assign(layers: Iterable<Layer>, role: string): void {
  for (const layer of layers) if (!layer.role) layer.role = role;
}

function assignAttention(
  order: readonly Value[],
  consumers: ReadonlyMap<Value, Value[]>,
  products: ReadonlyMap<Value, Layer>,
): void {
  for (const softmax of order) {
    if (softmax.op !== "Softmax") continue;
    const scores = scoresOf(softmax, products);
    if (!scores) continue;
    const mixes = [...reach(softmax, consumers)].filter((v) => v.op === "MatMul" && !products.has(v));
    if (mixes.length === 0) continue;
    const [mix] = mixes;
    const [q, k] = scores.inputs.map((v) => sources(v, products));
    const weighted = mix.inputs.find((v) => v !== softmax && !comesFrom(v, softmax)) ?? mix.inputs[1];
    const v = sources(weighted, products);
    const fused = [...q].filter((l) => k.has(l) && v.has(l));
    assign(fused, "attn.qkv");
    const shared = [...k].filter((l) => v.has(l) && !q.has(l));
    assign(shared, "attn.kv");
    assign(q, "attn.q");
    assign(k, "attn.k");
    assign(v, "attn.v");
    assign(targets(mix, consumers, products), "attn.out");
  }
}

/** Values a few views after `start`. */
function reach(start: Value, consumers: ReadonlyMap<Value, Value[]>): Set<Value> {
  const seen = new Set<Value>();
  let front = [start];
  for (let depth = 0; depth < 5; depth++) {
    front = front.flatMap((v) => consumers.get(v) ?? []).filter((v) => !seen.has(v));
    for (const v of front) seen.add(v);
    if ([...seen].some((v) => v.op === "MatMul")) break;
  }
  return seen;
}

function comesFrom(v: Value, origin: Value): boolean {
  let at: Value | undefined = v;
  for (let depth = 0; at && depth < 5; depth++) {
    if (at === origin) return true;
    at = at.inputs[0];
  }
  return false;
}

function assignOthers(consumers: ReadonlyMap<Value, Value[]>, layers: readonly Layer[]): void {
  const products = new Map(layers.map((l) => [l.product, l]));
  const hasAttention = layers.some((l) => l.role.startsWith("attn"));
  const firstConv = layers.find((l) => l.kind === "conv");
  if (hasAttention && firstConv && !firstConv.role) firstConv.role = "patch";
  for (const layer of layers) {
    if (layer.role) continue;
    if (layer.kind === "conv") layer.role = "conv";
    else if (layer.outFeatures > layer.inFeatures) {
      const next = [...targets(layer.product, consumers, products)].filter((l) => !l.role && l.kind === "linear");
      const down = next.find((l) => l.inFeatures === layer.outFeatures && l.outFeatures === layer.inFeatures);
      if (down) {
        layer.role = "mlp.up";
        down.role = "mlp.down";
      }
    }
  }
}

/** Every layer that `outputs` reach, in order of computation, with its role. */
export function findLayers(outputs: readonly Value[]): Layer[] {
  const order = topological(outputs);
  const layers: Layer[] = [];
  for (const v of order) {
    if (v.op !== "MatMul" && v.op !== "Conv") continue;
    const side = parameterOf(v.inputs[1]) ? 1 : parameterOf(v.inputs[0]) ? 0 : null;
    if (side === null) continue;
    const weight = parameterOf(v.inputs[side])!;
    const isModule = weight.name!.endsWith(".weight");
    // A matrix that is no module's weight and was not transposed on export is a plain parameter (x @ self.proj).
    if (weight.shape.length === 2 && !isModule && weight.attrs.transposed !== 1) continue;
    const spatial = weight.shape.length > 2;
    const transposed = weight.attrs.transposed === 1;
    const [rows, columns] = [weight.shape[0], weight.shape.slice(1).reduce((a, d) => a * d, 1)];
    const [outFeatures, inFeatures] = transposed && !spatial ? [columns, rows] : [rows, columns];
    layers.push({
      module: moduleOf(weight),
      kind: spatial ? "conv" : "linear",
      role: "",
      inFeatures,
      outFeatures,
      product: v,
      weight,
      side,
      isModule,
    });
  }
  const consumers = consumersOf(order);
  assignAttention(order, consumers, new Map(layers.map((l) => [l.product, l])));
  assignOthers(consumers, layers);
  return layers;
}
