/**
 * ONNX's messages as plain objects, by the field numbers of
 * https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
import { WireReader } from "./wire";

/** Undecoded numbers of a tensor, by their field. */
export interface TensorNumbers {
  raw: Uint8Array | null;
  floats: Uint8Array[];
  doubles: Uint8Array[];
  /** Varints. */
  ints: Uint8Array[];
}

export interface TensorMessage extends TensorNumbers {
  name: string;
  dims: number[];
  dataType: number;
  isExternal: boolean;
  /** location, offset, length, checksum. */
  external: Map<string, string>;
  /** Field path and byte. */
  where: string;
}

export interface AttributeMessage {
  name: string;
  type: number;
  /** Set where the value is an attribute of the function that the node is in. */
  ref: string;
  f?: number;
  i?: number;
  s?: string;
  t?: TensorMessage;
  g?: GraphMessage;
  floats: number[];
  ints: number[];
  strings: string[];
  where: string;
}

export interface NodeMessage {
  input: string[];
  output: string[];
  name: string;
  opType: string;
  domain: string;
  overload: string;
  attributes: AttributeMessage[];
  where: string;
}

export interface ValueMessage {
  name: string;
  elementType: number;
  /** A number if the length is fixed, a name if it is free. */
  dims: (number | string)[];
}

export interface GraphMessage {
  nodes: NodeMessage[];
  initializers: TensorMessage[];
  inputs: ValueMessage[];
  outputs: ValueMessage[];
  /** Number of sparse initialisers, which are not supported. */
  sparse: number;
}

export interface FunctionMessage {
  name: string;
  domain: string;
  overload: string;
  inputs: string[];
  outputs: string[];
  /** Names of attributes without a default. */
  attributes: string[];
  defaults: AttributeMessage[];
  nodes: NodeMessage[];
  opsets: Map<string, number>;
  where: string;
}

export interface ModelMessage {
  producer: string;
  producerVersion: string;
  opsets: Map<string, number>;
  graph: GraphMessage | null;
  functions: FunctionMessage[];
  /** Named texts about the model. */
  metadata: Map<string, string>;
}

function readEntry(r: WireReader, into: Map<string, string>): void {
  let [key, value] = ["", ""];
  r.fields({ 1: () => (key = r.text("key")), 2: () => (value = r.text("value")) });
  into.set(key, value);
}

function readOpset(r: WireReader, into: Map<string, number>): void {
  let [domain, version] = ["", 0];
  r.fields({ 1: () => (domain = r.text("domain")), 2: () => (version = r.int("version")) });
  into.set(domain === "ai.onnx" ? "" : domain, version);
}

function readTensor(r: WireReader): TensorMessage {
  const t: TensorMessage = {
    name: "",
    dims: [],
    dataType: 0,
    isExternal: false,
    external: new Map(),
    where: r.where(),
    raw: null,
    floats: [],
    doubles: [],
    ints: [],
  };
  r.fields({
    1: () => r.ints("dims", t.dims),
    2: () => (t.dataType = r.int("data_type")),
    4: () => t.floats.push(r.numbers("float_data", 4)),
    5: () => t.ints.push(r.numbers("int32_data", 0)),
    7: () => t.ints.push(r.numbers("int64_data", 0)),
    8: () => (t.name = r.text("name")),
    9: () => (t.raw = r.raw("raw_data")),
    10: () => t.doubles.push(r.numbers("double_data", 8)),
    11: () => t.ints.push(r.numbers("uint64_data", 0)),
    13: () => r.message(`external_data[${t.external.size}]`, () => readEntry(r, t.external)),
    14: () => (t.isExternal = r.int("data_location") === 1),
  });
  return t;
}

function readAttribute(r: WireReader): AttributeMessage {
  const a: AttributeMessage = { name: "", type: 0, ref: "", floats: [], ints: [], strings: [], where: r.where() };
  r.fields({
    1: () => (a.name = r.text("name")),
    2: () => (a.f = r.float("f")),
    3: () => (a.i = r.int("i")),
    4: () => (a.s = r.text("s")),
    5: () => (a.t = r.message("t", readTensor)),
    6: () => (a.g = r.message("g", readGraphMessage)),
    7: () => r.floats("floats", a.floats),
    8: () => r.ints("ints", a.ints),
    9: () => a.strings.push(r.text("strings")),
    20: () => (a.type = r.int("type")),
    21: () => (a.ref = r.text("ref_attr_name")),
  });
  return a;
}

function readNode(r: WireReader): NodeMessage {
  const n: NodeMessage = {
    input: [],
    output: [],
    name: "",
    opType: "",
    domain: "",
    overload: "",
    attributes: [],
    where: r.where(),
  };
  r.fields({
    1: () => n.input.push(r.text("input")),
    2: () => n.output.push(r.text("output")),
    3: () => (n.name = r.text("name")),
    4: () => (n.opType = r.text("op_type")),
    5: () => n.attributes.push(r.message(`attribute[${n.attributes.length}]`, readAttribute)),
    7: () => (n.domain = r.text("domain")),
    8: () => (n.overload = r.text("overload")),
  });
  return n;
}

function readDimension(r: WireReader): number | string {
  let dim: number | string = "?";
  r.fields({ 1: () => (dim = r.int("dim_value")), 2: () => (dim = r.text("dim_param")) });
  return dim;
}

function readValueInfo(r: WireReader): ValueMessage {
  const v: ValueMessage = { name: "", elementType: 0, dims: [] };
  const shape = () => r.fields({ 1: () => v.dims.push(r.message(`dim[${v.dims.length}]`, readDimension)) });
  const tensor = () => r.fields({ 1: () => (v.elementType = r.int("elem_type")), 2: () => r.message("shape", shape) });
  const type = () => r.fields({ 1: () => r.message("tensor_type", tensor) });
  r.fields({ 1: () => (v.name = r.text("name")), 2: () => r.message("type", type) });
  return v;
}

function readGraphMessage(r: WireReader): GraphMessage {
  const g: GraphMessage = { nodes: [], initializers: [], inputs: [], outputs: [], sparse: 0 };
  r.fields({
    1: () => g.nodes.push(r.message(`node[${g.nodes.length}]`, readNode)),
    5: () => g.initializers.push(r.message(`initializer[${g.initializers.length}]`, readTensor)),
    11: () => g.inputs.push(r.message(`input[${g.inputs.length}]`, readValueInfo)),
    12: () => g.outputs.push(r.message(`output[${g.outputs.length}]`, readValueInfo)),
    15: () => {
      r.raw("sparse_initializer");
      g.sparse++;
    },
  });
  return g;
}

function readFunction(r: WireReader): FunctionMessage {
  const f: FunctionMessage = {
    name: "",
    domain: "",
    overload: "",
    inputs: [],
    outputs: [],
    attributes: [],
    defaults: [],
    nodes: [],
    opsets: new Map(),
    where: r.where(),
  };
  r.fields({
    1: () => (f.name = r.text("name")),
    4: () => f.inputs.push(r.text("input")),
    5: () => f.outputs.push(r.text("output")),
    6: () => f.attributes.push(r.text("attribute")),
    7: () => f.nodes.push(r.message(`node[${f.nodes.length}]`, readNode)),
    9: () => r.message("opset_import", () => readOpset(r, f.opsets)),
    10: () => (f.domain = r.text("domain")),
    11: () => f.defaults.push(r.message(`attribute_proto[${f.defaults.length}]`, readAttribute)),
    13: () => (f.overload = r.text("overload")),
  });
  return f;
}

/** @throws RadaptError `onnx.unreadable` with the field and byte where reading ended */
export function readModel(bytes: Uint8Array): ModelMessage {
  const r = new WireReader(bytes);
  const m: ModelMessage = {
    producer: "",
    producerVersion: "",
    opsets: new Map(),
    graph: null,
    functions: [],
    metadata: new Map(),
  };
  r.fields({
    2: () => (m.producer = r.text("producer_name")),
    3: () => (m.producerVersion = r.text("producer_version")),
    7: () => (m.graph = r.message("graph", readGraphMessage)),
    8: () => r.message("opset_import", () => readOpset(r, m.opsets)),
    14: () => r.message(`metadata_props[${m.metadata.size}]`, () => readEntry(r, m.metadata)),
    25: () => m.functions.push(r.message(`functions[${m.functions.length}]`, readFunction)),
  });
  return m;
}
