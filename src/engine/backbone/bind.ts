/** Builds a model's graph for a batch size and an image size, and finds its layers and weights. */
import { topological, type Value } from "../graph/value";
import { verify } from "../graph/verify";
import { type BoundGraph, buildGraph, findImageInput } from "../onnx/build";
import type { OnnxFile } from "../onnx/file-graph";
import { fuseLayerNorm } from "../passes/layer-norm";
import type { Model } from "../types";
import type { RoleCorrections } from "./corrections";
import { findStructure, type Structure } from "./layers";
import type { ParameterRole } from "./parameters";

/** A model with its file. `openModel` makes it. */
export interface OpenedModel extends Model {
  readonly file: OnnxFile;
  readonly roles: RoleCorrections;
  /** Whether the blocks' tokens are [N, B, D], as in the original CLIP. */
  readonly tokensFirst: boolean;
}

/** A model's graph with what was found in it. */
export interface Backbone extends Omit<Structure, "parameters"> {
  input: Value;
  outputs: { name: string; value: Value }[];
  /** Float weights. Masks that a file stores like weights are excluded. */
  parameters: Value[];
  /** The role of each parameter, and of position tables without a name. */
  parameterRoles: ParameterRole[];
}

/**
 * Builds the backbone's graph for images [batch, C, H, W], recognises layer norms, and finds layers
 * and roles.
 *
 * @param imageSize height and width where the file leaves them free
 * @throws RadaptError `onnx.*` for what cannot be read, `model.roles` for a correction that fits
 *   nothing
 */
export function bindModel(model: Model, batch: number, imageSize?: number): Backbone {
  const { file, roles } = model as OpenedModel;
  const graph: BoundGraph = buildGraph(file, batch, imageSize);
  // The first pass of all: `passes/index.ts` shows the order.
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

/** The batch size that the file fixes, or 1 where it leaves it free. */
export function fixedBatch(file: OnnxFile): number {
  const [batch] = findImageInput(file).dims;
  return typeof batch === "number" && batch > 0 ? batch : 1;
}
