/**
 * What a method may take hold of, found from structure: for each layer where its result is complete
 * (the bias added), and the normalisations with their learnt scale and shift.
 */

import type { Layer } from "../backbone/layer";
import type { ParameterRole } from "../backbone/parameters";
import { sizeOf } from "../graph/tensor";
import { consumersOf, dependents, topological, type Value } from "../graph/value";
import { type FusedPart, fusedRows, type Rows } from "./fused";

/** A module of the backbone with a weight, perhaps a bias, and a result of `features` channels. */
export interface Site {
  /** PyTorch module path. */
  module: string;
  weight: Value;
  /** The parameter (or nameless constant) that is added, [features]. */
  bias: Value | null;
  /** The result, bias included. */
  output: Value;
  /** Axis of `output` along which the channels lie. */
  axis: number;
  /** Length of that axis. */
  features: number;
}

export interface AdaptableLayer extends Layer, Site {
  /** Axis of `product` along which the channels lie. */
  productAxis: number;
  /** Of a projection that fuses q, k and v: the outputs that make each, where they are ranges. */
  parts: Record<FusedPart, Rows> | null;
}

export interface Norm extends Site {
  role: "norm";
  kind: "norm";
  isModule: true;
}

/** The stored vector of `count` numbers behind views, or null. */
function vectorBehind(v: Value, count: number): Value | null {
  let at = v;
  while (at.op === "Reshape") at = at.inputs[0];
  return at.data && sizeOf(at.shape) === count ? at : null;
}

/**
 * Where the channels of `from` stand after a move of data, or null where they are split or it is no
 * such move.
 */
function axisAfter(from: Value, move: Value, axis: number): number | null {
  if (move.op === "Transpose") return (move.attrs.perm as readonly number[]).indexOf(axis);
  if (move.op !== "Reshape") return null;
  const before = sizeOf(from.shape.slice(0, axis));
  for (let a = 0, lead = 1; a < move.shape.length; lead *= move.shape[a++]) {
    if (lead === before && move.shape[a] === from.shape[axis]) return a;
  }
  return null;
}

/**
 * Follows a product through moves of data to the sum with its bias; without one the product is the
 * result.
 */
function completeLayer(layer: Layer, consumers: ReadonlyMap<Value, Value[]>): AdaptableLayer {
  const { product, outFeatures: features } = layer;
  const rank = product.shape.length;
  const productAxis = product.op === "Conv" ? 1 : layer.side === 0 ? rank - 2 : rank - 1;
  const parts = layer.role === "attn.qkv" ? fusedRows({ ...layer, productAxis }, consumers) : null;
  const known = { ...layer, productAxis, parts, features };
  let at = product;
  let axis: number | null = productAxis;
  for (let next = consumers.get(at)!; next.length === 1 && axis !== null; next = consumers.get(at)!) {
    const [reader]: Value[] = next;
    if (reader.op === "Add") {
      const added = reader.inputs[0] === at ? reader.inputs[1] : reader.inputs[0];
      const bias = vectorBehind(added, features);
      const lead = at.shape.length - added.shape.length;
      if (bias && added.shape[axis - lead] === features) return { ...known, bias, output: reader, axis };
      break;
    }
    const moved = axisAfter(at, reader, axis);
    if (moved === null) break;
    axis = moved;
    at = reader;
  }
  return { ...known, bias: null, output: product, axis: productAxis };
}

/** Parameters behind a value that no input decides. */
function parametersBehind(v: Value): Value[] {
  return topological([v]).filter((p) => p.op === "Parameter");
}

/**
 * Normalisations, by the roles of their weights: a product with the scale, then a sum with the
 * shift if there is one.
 */
function findNorms(
  order: readonly Value[],
  consumers: ReadonlyMap<Value, Value[]>,
  dynamic: ReadonlySet<Value>,
  roles: readonly ParameterRole[],
): Norm[] {
  const parts = new Map(roles.flatMap((r) => (r.role === "norm" ? [[r.value, r.part] as const] : [])));
  /**
   * The stored operand of a sum or product whose one parameter has this part of a normalisation.
   */
  const storedIn = (v: Value | undefined, op: string, part: ParameterRole["part"]) => {
    if (v?.op !== op || !dynamic.has(v)) return null;
    for (const operand of v.inputs) {
      const [parameter] = dynamic.has(operand) ? [] : parametersBehind(operand).filter((p) => parts.get(p) === part);
      if (parameter) return { operand, parameter };
    }
    return null;
  };
  return order.flatMap((product): Norm[] => {
    const scale = storedIn(product, "Mul", "weight");
    if (!scale) return [];
    const { parameter: weight, operand } = scale;
    const features = sizeOf(weight.shape);
    const axis = product.shape.length - operand.shape.length + operand.shape.indexOf(features);
    const readers = consumers.get(product)!;
    const shift = readers.length === 1 ? storedIn(readers[0], "Add", "bias") : null;
    const module = weight.name!.replace(/\.?(weight|gamma|scale)$/, "");
    const [bias, output] = shift ? [shift.parameter, readers[0]] : [null, product];
    return [{ module, weight, bias, output, axis, features, role: "norm", kind: "norm", isModule: true }];
  });
}

/** Parameters in the order in which the image's values first meet them. */
function inOrderOfUse(order: readonly Value[], dynamic: ReadonlySet<Value>): Value[] {
  const parameters = new Set<Value>();
  for (const v of order) {
    if (!dynamic.has(v)) continue;
    for (const input of v.inputs) if (!dynamic.has(input)) for (const p of parametersBehind(input)) parameters.add(p);
  }
  return [...parameters];
}

/**
 * What of a backbone `feature` depends on: layers with their complete results, normalisations,
 * trainable weights.
 */
export function findSites(
  feature: Value,
  backbone: { layers: readonly Layer[]; parameters: readonly Value[]; parameterRoles: readonly ParameterRole[] },
): { layers: AdaptableLayer[]; norms: Norm[]; parameters: Value[] } {
  const order = topological([feature]);
  const reached = new Set(order);
  const consumers = consumersOf(order);
  const inputs = order.filter((v) => v.inputs.length === 0 && !v.data);
  const dynamic = dependents(order, inputs);
  return {
    layers: backbone.layers.filter((l) => reached.has(l.product)).map((l) => completeLayer(l, consumers)),
    norms: findNorms(order, consumers, dynamic, backbone.parameterRoles),
    parameters: inOrderOfUse(order, dynamic).filter((p) => backbone.parameters.includes(p)),
  };
}
