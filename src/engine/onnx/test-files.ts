/** For tests: small ONNX files out of plain words. */
import { create, toBinary, type UnknownField } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { createPrng } from "../../base/prng";
import { sizeOf } from "../graph/tensor";
import {
  type AttributeProto,
  AttributeProtoSchema,
  type FunctionProto,
  FunctionProtoSchema,
  type GraphProto,
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type OperatorSetIdProto,
  OperatorSetIdProtoSchema,
  type TensorProto,
  TensorProtoSchema,
} from "./onnx.gen";

/** A float attribute, however whole its number is. */
export interface FloatAttr {
  float: number;
}
/** An attribute that takes the value of one of the function that the node is in. */
export interface RefAttr {
  ref: string;
  type: number;
}
export type TestAttr = number | string | number[] | FloatAttr | RefAttr | TensorProto | TestGraph;

export interface TestNode {
  op: string;
  inputs: string[];
  outputs: string[];
  attrs?: Record<string, TestAttr>;
  domain?: string;
  name?: string;
}

export interface TestGraph {
  nodes: TestNode[];
  weights?: TensorProto[];
  /** Names and shapes of float32 inputs and outputs. */
  inputs?: Record<string, number[]>;
  outputs: Record<string, number[]>;
}

export interface TestFunction {
  name: string;
  domain: string;
  inputs: string[];
  outputs: string[];
  attributes?: string[];
  defaults?: Record<string, TestAttr>;
  nodes: TestNode[];
}

export interface TestModel extends TestGraph {
  opset?: number;
  functions?: TestFunction[];
}

export const op = (
  type: string,
  inputs: string[],
  outputs: string[],
  attrs?: TestNode["attrs"],
  domain = "",
): TestNode => ({ op: type, inputs, outputs, attrs, domain });
/** A node of ONNX Runtime's own domain. */
export const contrib = (...[type, inputs, outputs, attrs]: Parameters<typeof op>): TestNode =>
  op(type, inputs, outputs, attrs, "com.microsoft");
export const float = (value: number): FloatAttr => ({ float: value });

/** ONNX's numbers of element types, by name. */
export const types = { f32: 1, u8: 2, i8: 3, i32: 6, i64: 7, bool: 9, f16: 10, f64: 11, bf16: 16 } as const;

/** A tensor with raw data. */
export function raw(name: string, type: keyof typeof types, dims: number[], data: ArrayBufferView): TensorProto {
  const rawData = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  return create(TensorProtoSchema, { name, dataType: types[type], dims: dims.map(BigInt), rawData });
}
export const f32 = (name: string, dims: number[], data: ArrayLike<number>) =>
  raw(name, "f32", dims, Float32Array.from(data));
export const i8 = (name: string, dims: number[], data: ArrayLike<number>) =>
  raw(name, "i8", dims, Int8Array.from(data));
export const u8 = (name: string, dims: number[], data: ArrayLike<number>) =>
  raw(name, "u8", dims, Uint8Array.from(data));
export const i64 = (name: string, data: number[]) => raw(name, "i64", [data.length], BigInt64Array.from(data, BigInt));

/** Numbers from a normal distribution, the same for the same name. */
export function normals(name: string, dims: number[], spread = 1): Float32Array {
  const prng = createPrng(0, name);
  return Float32Array.from({ length: sizeOf(dims) }, () => spread * prng.normal());
}
export const random = (name: string, dims: number[], spread = 0.3) => f32(name, dims, normals(name, dims, spread));

function attributeProto(name: string, value: TestAttr): AttributeProto {
  if (typeof value === "number") return create(AttributeProtoSchema, { name, type: 2, i: BigInt(value) });
  if (typeof value === "string") {
    return create(AttributeProtoSchema, { name, type: 3, s: new TextEncoder().encode(value) });
  }
  if (Array.isArray(value)) return create(AttributeProtoSchema, { name, type: 7, ints: value.map(BigInt) });
  if ("float" in value) return create(AttributeProtoSchema, { name, type: 1, f: value.float });
  if ("ref" in value) return create(AttributeProtoSchema, { name, type: value.type, refAttrName: value.ref });
  if ("nodes" in value) return create(AttributeProtoSchema, { name, type: 5, g: graph(value) });
  return create(AttributeProtoSchema, { name, type: 4, t: value });
}

const attributes = (attrs: Record<string, TestAttr> = {}): AttributeProto[] =>
  Object.entries(attrs).map(([name, value]) => attributeProto(name, value));

const nodes = (list: readonly TestNode[]): NodeProto[] =>
  list.map(({ op: opType, inputs, outputs, attrs, domain = "", name }, i) =>
    create(NodeProtoSchema, {
      opType,
      domain,
      name: name ?? `/${opType}_${i}`,
      input: inputs,
      output: outputs,
      attribute: attributes(attrs),
    }),
  );

const values = (shapes: Record<string, number[]> = {}) =>
  Object.entries(shapes).map(([name, dims]) => ({
    name,
    type: {
      value: {
        case: "tensorType" as const,
        value: {
          elemType: types.f32,
          shape: { dim: dims.map((d) => ({ value: { case: "dimValue" as const, value: BigInt(d) } })) },
        },
      },
    },
  }));

const graph = (g: TestGraph): GraphProto =>
  create(GraphProtoSchema, {
    name: "test",
    node: nodes(g.nodes),
    initializer: g.weights ?? [],
    input: values(g.inputs),
    output: values(g.outputs),
  });

/** FunctionProto.attribute_proto, which the schema of the generated code does not have yet. */
const ATTRIBUTE_PROTO = 11;

/** A function's attributes with defaults, as fields that the writer copies into the file. */
const defaultsOf = ({ defaults }: TestFunction): UnknownField[] =>
  attributes(defaults).map((message) => ({
    no: ATTRIBUTE_PROTO,
    wireType: WireType.LengthDelimited,
    data: new BinaryWriter().bytes(toBinary(AttributeProtoSchema, message)).finish(),
  }));

function functionOf(f: TestFunction, opsetImport: OperatorSetIdProto[]): FunctionProto {
  const message = create(FunctionProtoSchema, {
    name: f.name,
    domain: f.domain,
    input: f.inputs,
    output: f.outputs,
    attribute: f.attributes ?? [],
    node: nodes(f.nodes),
    opsetImport,
  });
  // `create` takes known fields alone.
  message.$unknown = defaultsOf(f);
  return message;
}

export function modelBytes(model: TestModel): Uint8Array {
  const { opset = 17, functions = [] } = model;
  const domains = ["", "com.microsoft", ...new Set(functions.map((f) => f.domain))];
  const opsetImport = domains.map((domain) =>
    create(OperatorSetIdProtoSchema, { domain, version: BigInt(domain === "" ? opset : 1) }),
  );
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: 10n,
      producerName: "radapt-test",
      opsetImport,
      graph: graph(model),
      functions: functions.map((f) => functionOf(f, opsetImport)),
    }),
  );
}
