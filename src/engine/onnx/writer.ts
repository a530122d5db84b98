/** Graph values → bytes of an .onnx file (opset 18, default domain); the inverse of the reader, and like it the only place that knows protobuf. */
import { create, toBinary } from "@bufbuild/protobuf";
import { assert } from "../../base/error";
import { topological, type Value } from "../ir/value";
import { opDef } from "../ops";
import type { OnnxAttr, OnnxEmitter } from "../ops/define";
import { sizeOf, type Tensor, tensor } from "../tensor";
import {
  AttributeProto_AttributeType as A,
  type AttributeProto,
  AttributeProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  TensorProto_DataType as T,
  type TensorProto,
  TensorProto_DataLocation,
  TensorProtoSchema,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "./onnx.gen";

const OPSET = 18n;
/** The version of the file format that came with opset 18. */
const IR_VERSION = 8n;

export interface OnnxOutput {
  name: string;
  value: Value;
}

export interface WriteOptions {
  /** Numbers of leaves that have none of their own: these are then weights of the file, not inputs. */
  data?: ReadonlyMap<Value, Tensor>;
  /** Weights of at least so many bytes are left out of the file and given beside it, uncopied. Default: none. */
  externalFrom?: number;
}

export interface WrittenOnnx {
  bytes: Uint8Array<ArrayBuffer>;
  /** Name of each input in the file: its own, with a number behind it where that is taken. */
  inputs: ReadonlyMap<Value, string>;
  /** Little-endian float32 of the weights left out, by the name of the file in which `bytes` look for them. */
  external: ReadonlyMap<string, Uint8Array>;
}

function attributeOf(name: string, value: OnnxAttr): AttributeProto {
  if (typeof value === "number") return create(AttributeProtoSchema, { name, type: A.INT, i: BigInt(value) });
  if (typeof value === "string")
    return create(AttributeProtoSchema, { name, type: A.STRING, s: new TextEncoder().encode(value) });
  if ("float" in value) return create(AttributeProtoSchema, { name, type: A.FLOAT, f: value.float });
  return create(AttributeProtoSchema, { name, type: A.INTS, ints: value.map(BigInt) });
}

function describe(name: string, shape: readonly number[]): ValueInfoProto {
  const dim = shape.map((d) => ({ value: { case: "dimValue" as const, value: BigInt(d) } }));
  const type = create(TypeProtoSchema, { value: { case: "tensorType", value: { elemType: T.FLOAT, shape: { dim } } } });
  return create(ValueInfoProtoSchema, { name, type });
}

const viewBytes = (data: Float32Array) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

class Emitter implements OnnxEmitter {
  readonly nodes: NodeProto[] = [];
  readonly initializers: TensorProto[] = [];
  readonly external = new Map<string, Uint8Array>();
  /** Module path of the value under way, for the names of its nodes. */
  scope = "";
  private readonly known = new Map<string, readonly string[]>();
  private readonly taken = new Set<string>();

  constructor(private readonly externalFrom: number) {}

  /** The name itself where it is free, else with a number behind it. */
  reserve(name: string): string {
    let free = name;
    for (let copy = 2; this.taken.has(free); copy++) free = `${name}.${copy}`;
    this.taken.add(free);
    return free;
  }

  node(opType: string, inputs: readonly string[], attrs: Readonly<Record<string, OnnxAttr>> = {}): string {
    return this.nodeOf(1, opType, inputs, attrs)[0];
  }

  nodeOf(
    outputs: number,
    opType: string,
    inputs: readonly string[],
    attrs: Readonly<Record<string, OnnxAttr>>,
  ): readonly string[] {
    const key = JSON.stringify([opType, outputs, inputs, attrs]);
    const before = this.known.get(key);
    if (before) return before;
    const name = `${this.scope && `/${this.scope}`}/${opType}_${this.nodes.length}`;
    const output = Array.from({ length: outputs }, (_, i) => this.reserve(`${name}_output_${i}`));
    const attribute = Object.entries(attrs).map(([k, v]) => attributeOf(k, v));
    this.nodes.push(create(NodeProtoSchema, { name, opType, input: [...inputs], output, attribute }));
    this.known.set(key, output);
    return output;
  }

  floats(shape: readonly number[], data: ArrayLike<number>): string {
    return this.constant(`f${shape}:${Array.prototype.join.call(data)}`, () =>
      this.weight("constant", tensor(shape, data)),
    );
  }

  ints(values: readonly number[]): string {
    return this.constant(`i${values}`, () => {
      const name = this.reserve("ints");
      const rawData = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
      const dims = [BigInt(values.length)];
      this.initializers.push(create(TensorProtoSchema, { name, dims, dataType: T.INT64, rawData }));
      return name;
    });
  }

  /** A weight; integers and truth values become float32, as all run-time tensors are. */
  weight(wanted: string, { shape, data }: Tensor): string {
    const name = this.reserve(wanted);
    const bytes = viewBytes(data instanceof Float32Array ? data : Float32Array.from(data));
    const common = { name, dims: shape.map(BigInt), dataType: T.FLOAT };
    if (bytes.byteLength < this.externalFrom) {
      this.initializers.push(create(TensorProtoSchema, { ...common, rawData: bytes as Uint8Array<ArrayBuffer> }));
      return name;
    }
    const file = `weight-${this.external.size}`;
    this.external.set(file, bytes);
    const entries = { location: file, offset: "0", length: String(bytes.byteLength) };
    const externalData = Object.entries(entries).map(([key, value]) => ({ key, value }));
    const dataLocation = TensorProto_DataLocation.EXTERNAL;
    this.initializers.push(create(TensorProtoSchema, { ...common, externalData, dataLocation }));
    return name;
  }

  private constant(key: string, make: () => string): string {
    const name = this.known.get(key)?.[0] ?? make();
    this.known.set(key, [name]);
    return name;
  }
}

/** Constants of few numbers are written once each, so that equal nodes over them are seen to be equal. */
const isSmall = (v: Value) => v.op === "Constant" && sizeOf(v.shape) <= 16;

/**
 * Writes what `outputs` reach. Leaves without numbers (of their own or in `options.data`) become the file's inputs,
 * constants and parameters its weights. Tensors are float32 throughout, truth values 0 and 1.
 */
export function writeOnnx(outputs: readonly OnnxOutput[], options: WriteOptions = {}): WrittenOnnx {
  const e = new Emitter(options.externalFrom ?? Number.POSITIVE_INFINITY);
  const order = topological(outputs.map((o) => o.value));
  const dataOf = (v: Value) => options.data?.get(v) ?? v.data;
  for (const { name } of outputs) assert(e.reserve(name) === name, `two outputs are named ${name}`);
  const fed = order.filter((v) => v.inputs.length === 0 && !dataOf(v));
  const inputs = new Map(fed.map((v) => [v, e.reserve(v.name ?? "input")]));
  const names = new Map(inputs);
  for (const v of order) {
    if (names.has(v)) continue;
    const data = dataOf(v);
    e.scope = v.scope;
    if (data) names.set(v, isSmall(v) ? e.floats(v.shape, data.data) : e.weight(v.name ?? "constant", data));
    else {
      const { attrs, shape } = v;
      const read = { inputs: v.inputs.map((i) => names.get(i)!), shapes: v.inputs.map((i) => i.shape) };
      names.set(v, opDef(v.op).toOnnx({ e, ...read, attrs, shape }));
    }
  }
  const identities = outputs.map(({ name, value }) =>
    create(NodeProtoSchema, { name: `/${name}`, opType: "Identity", input: [names.get(value)!], output: [name] }),
  );
  const model = create(ModelProtoSchema, {
    irVersion: IR_VERSION,
    producerName: "radapt",
    opsetImport: [{ domain: "", version: OPSET }],
    graph: {
      name: "radapt",
      node: [...e.nodes, ...identities],
      initializer: e.initializers,
      input: fed.map((v) => describe(inputs.get(v)!, v.shape)),
      output: outputs.map((o) => describe(o.name, o.value.shape)),
    },
  });
  return { bytes: toBinary(ModelProtoSchema, model), inputs, external: e.external };
}
