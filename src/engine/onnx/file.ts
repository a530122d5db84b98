/**
 * Bytes of an .onnx file → plain nodes, weights and signatures: with `messages` the only place that
 * knows protobuf.
 */
import { RadaptError } from "../../base/error";
import type { Tensor } from "../graph/tensor";
import type { FileAttr, FileGraph, FileNode, FileValue, OnnxFile } from "./file-graph";
import { createInliner } from "./functions";
import {
  type AttributeMessage,
  type GraphMessage,
  type NodeMessage,
  readModel,
  type TensorMessage,
  type ValueMessage,
} from "./messages";
import { readQuantized } from "./quantized";
import { type ExternalFiles, externalLocation, toTensor } from "./tensors";

const FLOAT16 = 10;
const BFLOAT16 = 16;

const notOnnx = (got: string): RadaptError =>
  new RadaptError("This is not a whole ONNX file", {
    code: "onnx.unreadable",
    expected: "an ONNX model (protobuf, .onnx)",
    got,
    remedy: "The download may have been cut short, or the file is of another kind: export or download it again.",
  });

const readValue = (v: ValueMessage): FileValue => ({ name: v.name, elementType: v.elementType, dims: v.dims });

interface Context {
  external: ExternalFiles;
  /** Graphs within graphs. */
  depth: number;
  inline: ReturnType<typeof createInliner>;
}

const DEEPEST = 20;
const deeper = (context: Context): Context => ({ ...context, depth: context.depth + 1 });

/** ONNX's AttributeType. In a file without types, the field that is set gives the type. */
function attributeKind(a: AttributeMessage): number {
  if (a.type > 0) return a.type;
  const set = [a.f, a.i, a.s, a.t, a.g, a.floats[0], a.ints[0], a.strings[0]];
  return [1, 2, 3, 4, 5, 6, 7, 8].find((_, i) => set[i] !== undefined) ?? 7;
}

function readAttr(a: AttributeMessage, context: Context): FileAttr | null {
  const kinds: Readonly<Record<number, () => FileAttr>> = {
    1: () => a.f ?? 0,
    2: () => a.i ?? 0,
    3: () => a.s ?? "",
    4: () => (a.t ? toTensor(a.t, context.external) : wrongAttr(a, "a tensor")),
    5: () => (a.g && context.depth < DEEPEST ? readGraph(a.g, deeper(context)) : wrongAttr(a, "a graph")),
    6: () => a.floats,
    7: () => a.ints,
    8: () => a.strings,
  };
  return kinds[attributeKind(a)]?.() ?? null;
}

function wrongAttr(a: AttributeMessage, expected: string): never {
  throw new RadaptError("An attribute has no value that can be read", {
    code: "onnx.attribute",
    where: `attribute ${a.name} (${a.where})`,
    expected,
    got: a.g ? `graphs more than ${DEEPEST} deep` : "nothing",
    remedy: "The file is damaged: export or download it again.",
  });
}

function nodeOfMessage(n: NodeMessage, opset: number, fallbackName: string, context: Context): FileNode {
  const attrs: Record<string, FileAttr> = Object.create(null);
  for (const a of n.attributes) {
    const value = readAttr(a, context);
    if (value !== null) attrs[a.name] = value;
  }
  const domain = n.domain === "ai.onnx" ? "" : n.domain;
  return {
    opType: n.opType,
    domain,
    opset,
    name: n.name || fallbackName,
    inputs: n.input,
    outputs: n.output,
    attrs,
  };
}

function readGraph(graph: GraphMessage, context: Context): FileGraph {
  const initializers = new Map<string, Tensor>();
  for (const t of graph.initializers) {
    if (initializers.has(t.name)) throw duplicate("weights", t.name, t.where);
    initializers.set(t.name, toTensor(t, context.external));
  }
  if (graph.sparse > 0) {
    throw new RadaptError("The model has sparse weights, which Radapt does not read", {
      code: "onnx.sparse",
      got: `${graph.sparse} sparse tensors`,
      remedy: "Export the model with dense weights.",
    });
  }
  const nodes = context.inline(graph.nodes).map(({ node, opset }, i) => nodeOfMessage(node, opset, `#${i}`, context));
  return {
    nodes,
    initializers,
    inputs: graph.inputs.map(readValue).filter((v) => !initializers.has(v.name)),
    outputs: graph.outputs.map(readValue),
  };
}

export function duplicate(what: string, name: string, where?: string): RadaptError {
  return new RadaptError(`Two ${what} of the model have one name: ${name || "(none)"}`, {
    code: "onnx.duplicate",
    where,
    expected: "each name once",
    got: name,
    remedy: "The file is damaged, or its exporter is at fault: export it again.",
  });
}

/**
 * @param bytes the whole file; weights stay views of it
 * @param external bytes of data files beside it
 * @throws RadaptError `onnx.unreadable` for anything that is not a complete ONNX model, with the
 *   field and the byte
 */
export function readOnnxFile(bytes: Uint8Array, external: ExternalFiles = () => undefined): OnnxFile {
  const model = readModel(bytes);
  if (!model.graph || model.graph.nodes.length === 0) throw notOnnx(`${bytes.byteLength} bytes without a graph`);
  const graph = readGraph(model.graph, { external, depth: 0, inline: createInliner(model) });
  const quantized = readQuantized(graph);
  const isHalf = [...graph.initializers.values()].some((t) => t.onnxType === FLOAT16 || t.onnxType === BFLOAT16);
  return {
    ...quantized.graph,
    opset: model.opsets.get("") ?? 1,
    producer: [model.producer, model.producerVersion].filter(Boolean).join(" "),
    notes: [...quantized.notes, ...(isHalf ? [HALF_NOTE] : [])],
    tolerance: Math.max(quantized.tolerance, isHalf ? HALF_TOLERANCE : 1e-3),
  };
}

const HALF_NOTE =
  "Weights were stored as 16-bit floats and are used as float32; a runtime that computes " +
  "such a file in 16 bits gives features that differ a little.";
const HALF_TOLERANCE = 2e-2;

/** Inputs that the file declares and nothing reads, such as the `masks` of some DINOv2 exports. */
export function idleInputs(bytes: Uint8Array): string[] {
  const read = new Set<string>();
  const graph = (g: GraphMessage) => {
    for (const { name } of g.outputs) read.add(name);
    for (const node of g.nodes) {
      for (const name of node.input) read.add(name);
      for (const { g: branch } of node.attributes) if (branch) graph(branch);
    }
  };
  const model = readModel(bytes).graph;
  if (!model) return [];
  graph(model);
  const stored = new Set(model.initializers.map(({ name }) => name));
  return model.inputs.map(({ name }) => name).filter((name) => !read.has(name) && !stored.has(name));
}

/** Locations of the data files that a model refers to, each once. */
export function externalFiles(bytes: Uint8Array): string[] {
  const found = new Set<string>();
  const tensor = (t?: TensorMessage) => t?.isExternal && found.add(externalLocation(t));
  const graph = (g: GraphMessage) => {
    g.initializers.forEach(tensor);
    nodes(g.nodes);
  };
  const nodes = (list: readonly NodeMessage[]) => {
    for (const a of list.flatMap((n) => n.attributes)) {
      tensor(a.t);
      if (a.g) graph(a.g);
    }
  };
  const model = readModel(bytes);
  if (model.graph) graph(model.graph);
  for (const f of model.functions) nodes(f.nodes);
  return [...found];
}

/** Named texts that a model keeps about itself. @throws RadaptError `onnx.unreadable` */
export function readMetadata(bytes: Uint8Array): ReadonlyMap<string, string> {
  return readModel(bytes).metadata;
}
