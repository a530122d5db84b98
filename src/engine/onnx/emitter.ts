/**
 * Nodes and weights of an ONNX file under way: names are kept apart, equal nodes and constants are
 * written once.
 */
import { create } from "@bufbuild/protobuf";
import { type Tensor, tensor } from "../graph/tensor";
import type { OnnxAttr, OnnxEmitter } from "../ops/define";
import {
  AttributeProto_AttributeType as A,
  type AttributeProto,
  AttributeProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  TensorProto_DataType as T,
  type TensorProto,
  TensorProto_DataLocation,
  TensorProtoSchema,
} from "./onnx.gen";

function attributeOf(name: string, value: OnnxAttr): AttributeProto {
  if (typeof value === "number") return create(AttributeProtoSchema, { name, type: A.INT, i: BigInt(value) });
  if (typeof value === "string")
    return create(AttributeProtoSchema, { name, type: A.STRING, s: new TextEncoder().encode(value) });
  if ("float" in value) return create(AttributeProtoSchema, { name, type: A.FLOAT, f: value.float });
  return create(AttributeProtoSchema, { name, type: A.INTS, ints: value.map(BigInt) });
}

const viewBytes = (data: Float32Array) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

export class Emitter implements OnnxEmitter {
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
