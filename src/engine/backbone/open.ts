/** Opens an .onnx file as a model and describes it. */
import { sizeOf } from "../graph/tensor";
import { findImageInput, imageShape } from "../onnx/build";
import { readOnnxFile } from "../onnx/file";
import type { OnnxFile } from "../onnx/file-graph";
import type { ExternalFiles } from "../onnx/tensors";
import type { LayerInfo, Model, ModelInfo } from "../types";
import { type Backbone, bindModel, fixedBatch, type OpenedModel } from "./bind";
import type { RoleCorrections } from "./corrections";
import { featureOptions, lastBlocks } from "./features";
import { behindViews } from "./graph-view";
import type { ParameterRole } from "./parameters";
import { whyNoTokens } from "./token-regions";

/** What a file does not say. */
export interface OpenOptions {
  /** Height and width where the file leaves them free. Default 224. */
  imageSize?: number;
  /** Corrections of roles, by pattern of modules ("layers.*.mlp.fc1"). */
  roles?: RoleCorrections;
  /**
   * Bytes of each data file beside the model, by the location that the model names (see
   * `externalFiles`).
   */
  external?: ExternalFiles;
}

/**
 * Reads an .onnx file and builds its graph once, so that an unsupported file fails here and not
 * later.
 *
 * @param bytes the whole file. Weights stay views of it, so the caller must not change it.
 * @throws RadaptError `onnx.*` naming the node, operator or field that cannot be read
 * @throws RadaptError `model.roles` for a correction that fits nothing
 */
export function openModel(bytes: Uint8Array, { imageSize, roles = {}, external }: OpenOptions = {}): Model {
  const file = readOnnxFile(bytes, external);
  const batch = fixedBatch(file);
  const unbound = { file, roles, tokensFirst: false, info: {} as ModelInfo } satisfies OpenedModel;
  const bound = bindModel(unbound, batch, imageSize);
  const last = lastBlocks(bound);
  const [rows, columns] = "blocks" in last ? last.blocks[0].shape : [];
  const opened: OpenedModel = {
    ...unbound,
    info: describeModel(file, bound, imageSize),
    tokensFirst: columns === batch && rows !== batch,
  };
  return opened;
}

/**
 * Number of weights in the file. An unnamed table may be computed from several stored tensors, and
 * several tables from the same tensor, so this counts every stored tensor once.
 */
export function countElements(parameters: readonly ParameterRole[]): number {
  const pieces = new Map<string, number>();
  let named = 0;
  for (const { value, role } of parameters) {
    if (role === "mask") continue;
    if (!value.stored) named += sizeOf(value.shape);
    for (const [name, size] of value.stored ?? []) pieces.set(name, size);
  }
  return [...pieces.values()].reduce((sum, size) => sum + size, named);
}

/** Warnings for outputs that look like class scores: a head's product with its bias. */
function classifierOutputs({ outputs, layers }: Backbone): string[] {
  const heads = new Set(layers.filter((l) => l.role === "head").map((l) => l.product));
  return outputs.flatMap(({ name, value }) =>
    value.op === "Add" && value.shape.length === 2 && value.inputs.some((v) => heads.has(behindViews(v)))
      ? `output ${name} [${value.shape.join(", ")}] looks like a classifier's scores: as features, what comes before it may serve better`
      : [],
  );
}

function lacksOf(bound: Backbone): ModelInfo["lacks"] {
  const tokens = whyNoTokens(bound);
  return tokens === null ? {} : { tokens };
}

function describeModel(file: OnnxFile, bound: Backbone, imageSize?: number): ModelInfo {
  const ops: Record<string, number> = {};
  for (const node of file.nodes) ops[node.opType] = (ops[node.opType] ?? 0) + 1;
  return {
    input: { name: findImageInput(file).name, shape: imageShape(file, imageSize) },
    outputs: bound.outputs.map(({ name, value }) => ({ name, shape: [...value.shape] })),
    opset: file.opset,
    producer: file.producer,
    parameters: countElements(bound.parameterRoles),
    layers: bound.layers.map(
      ({ module, kind, role, inFeatures, outFeatures }): LayerInfo => ({ module, kind, role, inFeatures, outFeatures }),
    ),
    ops,
    notes: file.notes,
    tolerance: file.tolerance,
    features: featureOptions(bound),
    lacks: lacksOf(bound),
    warnings: [...bound.warnings, ...classifierOutputs(bound)],
  };
}
