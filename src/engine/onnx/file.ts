/** Bytes of an .onnx file → plain nodes, weights and signatures: the only place that knows protobuf. */
import { fromBinary } from "@bufbuild/protobuf";
import { messageOf, RadaptError } from "../../base/error";
import type { Tensor } from "../tensor";
import {
  AttributeProto_AttributeType as A,
  type AttributeProto,
  ModelProtoSchema,
  type ValueInfoProto,
} from "./onnx.gen";
import { readTensor } from "./tensors";

export type FileAttr = number | string | number[] | Tensor;

export interface FileNode {
  opType: string;
  domain: string;
  name: string;
  /** "" where an optional input is left out. */
  inputs: string[];
  outputs: string[];
  attrs: Record<string, FileAttr>;
}

export interface FileValue {
  name: string;
  /** A number where fixed, a name where free. */
  dims: (number | string)[];
}

export interface OnnxFile {
  opset: number;
  producer: string;
  nodes: FileNode[];
  initializers: Map<string, Tensor>;
  /** Graph inputs that are not weights. */
  inputs: FileValue[];
  outputs: FileValue[];
}

function readAttr(a: AttributeProto, where: string): FileAttr | null {
  switch (a.type) {
    case A.FLOAT:
      return a.f ?? 0;
    case A.INT:
      return Number(a.i ?? 0n);
    case A.STRING:
      return new TextDecoder().decode(a.s);
    case A.TENSOR:
      return readTensor(a.t!, where);
    case A.FLOATS:
      return Array.from(a.floats);
    case A.INTS:
      return a.ints.map(Number);
    default:
      return null;
  }
}

function readValue(v: ValueInfoProto): FileValue {
  const type = v.type?.value;
  const dims = type?.case === "tensorType" ? (type.value.shape?.dim ?? []) : [];
  return {
    name: v.name ?? "",
    dims: dims.map((d) => (d.value.case === "dimValue" ? Number(d.value.value) : (d.value.value ?? "?"))),
  };
}

const notOnnx = (got: string): RadaptError =>
  new RadaptError("This is not a whole ONNX file", {
    code: "onnx.unreadable",
    expected: "an ONNX model (protobuf, .onnx)",
    got,
    remedy: "The download may have been cut short, or the file is of another kind: export or download it again.",
  });

/**
 * @param bytes the whole file
 * @throws RadaptError `onnx.unreadable` for anything that is not a complete ONNX model
 */
export function readOnnxFile(bytes: Uint8Array): OnnxFile {
  let model: ReturnType<typeof fromBinary<typeof ModelProtoSchema>>;
  try {
    model = fromBinary(ModelProtoSchema, bytes);
  } catch (error) {
    throw notOnnx(`${bytes.byteLength} bytes that do not parse (${messageOf(error)})`);
  }
  const graph = model.graph;
  if (!graph || graph.node.length === 0) throw notOnnx(`${bytes.byteLength} bytes without a graph`);
  const initializers = new Map<string, Tensor>();
  for (const t of graph.initializer) initializers.set(t.name ?? "", readTensor(t, `weight ${t.name}`));
  const nodes = graph.node.map((n, i): FileNode => {
    const name = n.name || `#${i}`;
    const attrs: Record<string, FileAttr> = {};
    for (const a of n.attribute) {
      const value = readAttr(a, `node ${name} (${n.opType}), attribute ${a.name}`);
      if (value !== null) attrs[a.name ?? ""] = value;
    }
    return { opType: n.opType ?? "", domain: n.domain ?? "", name, inputs: n.input, outputs: n.output, attrs };
  });
  return {
    opset: Number(model.opsetImport.find((o) => !o.domain || o.domain === "ai.onnx")?.version ?? 1n),
    producer: [model.producerName, model.producerVersion].filter(Boolean).join(" "),
    nodes,
    initializers,
    inputs: graph.input.map(readValue).filter((v) => !initializers.has(v.name)),
    outputs: graph.output.map(readValue),
  };
}
