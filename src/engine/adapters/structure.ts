/**
 * Finds what a method can adapt, from the structure of the graph: layers with the value where their
 * bias is added, and normalisations with their learnt scale and shift.
 */

import type { Layer } from "../backbone/layer";
import type { ParameterRole } from "../backbone/parameters";
import { sizeOf } from "../graph/tensor";
import { consumersOf, dependents, topological, type Value } from "../graph/value";
import { type FusedPart, fusedRows, type Rows } from "./fused";

/**
 * A module of the backbone with a weight, an optional bias, and an output with `features` channels.
 */
export interface Site {
  /** PyTorch module path. */
  module: string;
  weight: Value;
  /** The parameter (or unnamed constant) that is added, [features]. null where there is none. */
  bias: Value | null;
  /** The module's result with the bias added. */
  output: Value;
  /** The axis of `output` that holds the channels. */
  axis: number;
  /** Length of that axis. */
  features: number;
}

/** A linear layer or convolution that a method can adapt. */
export interface AdaptableLayer extends Layer, Site {
  /** The axis of `product` that holds the channels. */
  productAxis: number;
  /**
   * For a projection that fuses q, k and v: the outputs of each. null where they are no contiguous
   * ranges.
   */
  parts: Record<FusedPart, Rows> | null;
}

/** A normalisation with a learnt scale. */
export interface Norm extends Site {
  role: "norm";
  kind: "norm";
  isModule: true;
}

/** The stored vector of `count` numbers behind reshapes, or null. */
function vectorBehind(v: Value, count: number): Value | null {
  let at = v;
  while (at.op === "Reshape") at = at.inputs[0];
  return at.data && sizeOf(at.shape) === count ? at : null;
}

/**
 * The axis of the channels after a transpose or reshape. Returns null where the channels are split,
 * or for any other operator.
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
 * Follows a layer's product through transposes and reshapes to the sum with its bias. Without a
 * bias, the product is the output.
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

/** Parameters from which a value is computed. The value must not depend on the image. */
function parametersBehind(v: Value): Value[] {
  return topological([v]).filter((p) => p.op === "Parameter");
}

/**
 * Finds normalisations by the roles of their weights: a product with the scale, and then a sum with
 * the shift if there is one.
 */
function findNorms(
  order: readonly Value[],
  consumers: ReadonlyMap<Value, Value[]>,
  dynamic: ReadonlySet<Value>,
  roles: readonly ParameterRole[],
): Norm[] {
  const parts = new Map(roles.flatMap((r) => (r.role === "norm" ? [[r.value, r.part] as const] : [])));
  /**
   * The operand of a sum or product that comes from a normalisation's weight or bias, and that
   * parameter.
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

/** Parameters in the order in which values that depend on the image first use them. */
function inOrderOfUse(order: readonly Value[], dynamic: ReadonlySet<Value>): Value[] {
  const parameters = new Set<Value>();
  for (const v of order) {
    if (!dynamic.has(v)) continue;
    for (const input of v.inputs) if (!dynamic.has(input)) for (const p of parametersBehind(input)) parameters.add(p);
  }
  return [...parameters];
}

/**
 * Finds what `feature` depends on in a backbone: layers with their outputs, normalisations, and
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
