/** A parsed model: the file, and its graph for a given batch and image size with the layers found in it. */

import { topological, type Value } from "./ir/value";
import { verify } from "./ir/verify";
import { findLayers, type Layer } from "./layers";
import { type BoundGraph, buildGraph, imageInput, imageShape } from "./onnx/build";
import { type OnnxFile, readOnnxFile } from "./onnx/file";
import type { ExternalFiles } from "./onnx/tensors";
import { fuseLayerNorm } from "./passes/layer-norm";
import { sizeOf } from "./tensor";
import type { Model, ModelInfo } from "./types";

export interface OpenedModel extends Model {
  readonly file: OnnxFile;
}

export interface Backbone {
  input: Value;
  outputs: { name: string; value: Value }[];
  layers: Layer[];
  parameters: Value[];
}

/** The backbone's graph for images [batch, C, H, W], canonical: layer norms recognised, layers and roles found. */
export function bindModel(model: Model, batch: number, imageSize?: number): Backbone {
  const graph: BoundGraph = buildGraph((model as OpenedModel).file, batch, imageSize);
  const values = verify(fuseLayerNorm(graph.outputs.map((o) => o.value)), "layer norm");
  return {
    input: graph.input,
    outputs: graph.outputs.map((o, i) => ({ name: o.name, value: values[i] })),
    layers: findLayers(values),
    parameters: topological(values).filter((v) => v.op === "Parameter"),
  };
}

export interface OpenOptions {
  /** Height and width where the file leaves them free; default 224. */
  imageSize?: number;
  /** Bytes of a data file beside the model, by the location that the model names (see `externalFiles`). */
  external?: ExternalFiles;
}

/**
 * Reads an .onnx file and builds its graph once, so that whatever it lacks is said now.
 *
 * @param bytes the whole file; weights stay views of it, so it must not change afterwards
 * @throws RadaptError `onnx.*` naming the node, operator or field that cannot be read
 */
export function openModel(bytes: Uint8Array, options: OpenOptions = {}): Model {
  const file = readOnnxFile(bytes, options.external);
  const opened: OpenedModel = { file, info: describe(file, options.imageSize) };
  return opened;
}

function describe(file: OnnxFile, imageSize?: number): ModelInfo {
  const fixed = imageInput(file).dims[0];
  const batch = typeof fixed === "number" && fixed > 0 ? fixed : 1;
  const { outputs, layers, parameters } = bindModel({ file } as unknown as OpenedModel, batch, imageSize);
  const ops: Record<string, number> = {};
  for (const node of file.nodes) ops[node.opType] = (ops[node.opType] ?? 0) + 1;
  return {
    input: { name: imageInput(file).name, shape: imageShape(file, imageSize) },
    outputs: outputs.map(({ name, value }) => ({ name, shape: [...value.shape] })),
    opset: file.opset,
    producer: file.producer,
    parameters: parameters.reduce((sum, p) => sum + sizeOf(p.shape), 0),
    layers: layers.map(({ module, kind, role, inFeatures, outFeatures }) => ({
      module,
      kind,
      role,
      inFeatures,
      outFeatures,
    })),
    ops,
    notes: file.notes,
    tolerance: file.tolerance,
  };
}
