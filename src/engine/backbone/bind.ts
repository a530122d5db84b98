/** A model's graph for a given batch and image size, with the layers and weights found in it. */
import { topological, type Value } from "../graph/value";
import { verify } from "../graph/verify";
import { type BoundGraph, buildGraph, findImageInput } from "../onnx/build";
import type { OnnxFile } from "../onnx/file-graph";
import { fuseLayerNorm } from "../passes/layer-norm";
import type { Model } from "../types";
import type { RoleCorrections } from "./corrections";
import { findStructure, type Structure } from "./layers";
import type { ParameterRole } from "./parameters";

export interface OpenedModel extends Model {
  readonly file: OnnxFile;
  readonly roles: RoleCorrections;
  /** True where the blocks' tokens are [N, B, D], as the original CLIP computes them. */
  readonly tokensFirst: boolean;
}

export interface Backbone extends Omit<Structure, "parameters"> {
  input: Value;
  outputs: { name: string; value: Value }[];
  /** Float weights; masks that are stored like some are none. */
  parameters: Value[];
  /** What each parameter is for, with position tables that have no name. */
  parameterRoles: ParameterRole[];
}

/**
 * The backbone's graph for images [batch, C, H, W], canonical: layer norms recognised, layers and
 * roles found.
 */
export function bindModel(model: Model, batch: number, imageSize?: number): Backbone {
  const { file, roles } = model as OpenedModel;
  const graph: BoundGraph = buildGraph(file, batch, imageSize);
  const values = verify(fuseLayerNorm(graph.outputs.map((o) => o.value)), "layer norm");
  const { parameters, ...structure } = findStructure(values, roles);
  const masks = new Set(parameters.filter((p) => p.role === "mask").map((p) => p.value));
  return {
    ...structure,
    input: graph.input,
    outputs: graph.outputs.map((o, i) => ({ name: o.name, value: values[i] })),
    parameters: topological(values).filter((v) => v.op === "Parameter" && !masks.has(v)),
    parameterRoles: parameters,
  };
}

/** Images in the batch that the file is fixed to; 1 where it is free. */
export function fixedBatch(file: OnnxFile): number {
  const [batch] = findImageInput(file).dims;
  return typeof batch === "number" && batch > 0 ? batch : 1;
}
