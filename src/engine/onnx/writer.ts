/**
 * Graph values → bytes of an .onnx file (opset 18, default domain). Reader and writer are the only
 * places that know protobuf.
 */
import { create, toBinary } from "@bufbuild/protobuf";
import { assert } from "../../base/error";
import { sizeOf, type Tensor } from "../graph/tensor";
import { topological, type Value } from "../graph/value";
import { opDef } from "../ops";
import type { OnnxEmitter } from "../ops/define";
import { Emitter } from "./emitter";
import { FreeBatch, fixedBatchError, Recorder } from "./free-batch";
import {
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProto_DataType as T,
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
  /**
   * Data for leaves that have none of their own. These then become weights of the file instead of
   * inputs.
   */
  data?: ReadonlyMap<Value, Tensor>;
  /**
   * Weights of at least so many bytes stay outside the file and are returned beside it without a
   * copy. Default: none.
   */
  externalFrom?: number;
  /** Named texts about the model (`metadata_props`). */
  metadata?: Readonly<Record<string, string>>;
  /** If set, the first axis of the only input stays free. */
  freeBatch?: FreeBatchOptions;
}

export interface FreeBatchOptions {
  /** Images in the graph that is written. */
  batch: number;
  /** The same outputs, built for other numbers of images: two or more. */
  others: readonly { batch: number; outputs: readonly Value[] }[];
}

export interface WrittenOnnx {
  bytes: Uint8Array<ArrayBuffer>;
  /** Name of each input in the file: its own, with a number behind it where that is taken. */
  inputs: ReadonlyMap<Value, string>;
  /**
   * Little-endian float32 of the weights left out, by the name of the file in which `bytes` look
   * for them.
   */
  external: ReadonlyMap<string, Uint8Array>;
}

/** The name that the file gives the free axis. */
const FREE = "N";

/** @param free leaves the first axis open */
function describeOutput(name: string, shape: readonly number[], free: boolean): ValueInfoProto {
  const fixed = (d: number) => ({ value: { case: "dimValue" as const, value: BigInt(d) } });
  const open = { value: { case: "dimParam" as const, value: FREE } };
  const dim = shape.map((d, i) => (free && i === 0 ? open : fixed(d)));
  const type = create(TypeProtoSchema, { value: { case: "tensorType", value: { elemType: T.FLOAT, shape: { dim } } } });
  return create(ValueInfoProtoSchema, { name, type });
}

/**
 * Constants with few numbers are written once each, so that equal nodes over them are found to be
 * equal.
 */
const isSmall = (v: Value) => v.op === "Constant" && sizeOf(v.shape) <= 16;

/**
 * The values of the builds side by side, in order of computation. @throws RadaptError
 * `export.batch` if the builds differ in more than numbers
 */
function alignBuilds(outputs: readonly Value[], others: readonly (readonly Value[])[]): Value[][] {
  const orders = [outputs, ...others].map(topological);
  const places = orders.map((order) => new Map(order.map((v, i) => [v, i])));
  if (orders.some((order) => order.length !== orders[0].length)) throw fixedBatchError("a graph of other nodes");
  return orders[0].map((v, i) => {
    const row = orders.map((order) => order[i]);
    const inputsOf = (k: number) => row[k].inputs.map((input) => places[k].get(input)).join();
    const alike = row.every((w, k) => w.op === v.op && inputsOf(k) === inputsOf(0));
    if (!alike) throw fixedBatchError(`another node in place of ${v.op}${v.scope && ` in ${v.scope}`}`);
    return row;
  });
}

const nameOf = (v: Value) => `${v.op}${v.scope && ` in ${v.scope}`}`;

/** @param builds the numbers of a constant or weight in each build */
function writeData(e: Emitter, free: FreeBatch | null, v: Value, builds: readonly Tensor[]): string {
  const write = (t: Tensor) => (isSmall(v) ? e.floats(t.shape, t.data) : e.weight(v.name ?? "constant", t));
  return free ? free.constant(builds, write, nameOf(v)) : write(builds[0]);
}

/** @param row a computed value in each build */
function writeNode(
  e: Emitter,
  free: FreeBatch | null,
  row: readonly Value[],
  names: ReadonlyMap<Value, string>,
): string {
  const inputs = row[0].inputs.map((i) => names.get(i)!);
  const write = ({ op, attrs, shape, inputs: from }: Value, emitter: OnnxEmitter) =>
    opDef(op).toOnnx({ e: emitter, inputs, shapes: from.map((i) => i.shape), attrs, shape });
  if (!free) return write(row[0], e);
  const recorders = row.map(() => new Recorder());
  const [result] = recorders.map((recorder, k) => write(row[k], recorder));
  const builds = recorders.map((r) => r.calls);
  return free.replay(builds, result, nameOf(row[0]));
}

/**
 * Writes everything that `outputs` depend on. Leaves without data (their own or in `options.data`)
 * become the file's inputs; constants and parameters become its weights. All tensors are float32,
 * truth values 0 and 1.
 *
 * @throws RadaptError `export.batch` if the batch should stay free and cannot
 */
export function writeOnnx(outputs: readonly OnnxOutput[], options: WriteOptions = {}): WrittenOnnx {
  const e = new Emitter(options.externalFrom ?? Number.POSITIVE_INFINITY);
  const { others = [], batch = 0 } = options.freeBatch ?? {};
  const rows = alignBuilds(
    outputs.map((o) => o.value),
    others.map((o) => o.outputs),
  );
  const order = rows.map(([v]) => v);
  const dataOf = (v: Value) => options.data?.get(v) ?? v.data;
  for (const { name } of outputs) assert(e.reserve(name) === name, `two outputs are named ${name}`);
  const fed = order.filter((v) => v.inputs.length === 0 && !dataOf(v));
  const inputs = new Map(fed.map((v) => [v, e.reserve(v.name ?? "input")]));
  const isFree = options.freeBatch !== undefined;
  assert(!isFree || fed.length === 1, "a free batch wants one input");
  const free = isFree ? new FreeBatch(e, [batch, ...others.map((o) => o.batch)], inputs.get(fed[0])!) : null;
  const names = new Map(inputs);
  for (const row of rows) {
    const [v] = row;
    if (names.has(v)) continue;
    e.scope = v.scope;
    const data = row.map(dataOf);
    names.set(v, data[0] ? writeData(e, free, v, data as Tensor[]) : writeNode(e, free, row, names));
  }
  const identities = outputs.map(({ name, value }) =>
    create(NodeProtoSchema, { name: `/${name}`, opType: "Identity", input: [names.get(value)!], output: [name] }),
  );
  const model = create(ModelProtoSchema, {
    irVersion: IR_VERSION,
    producerName: "radapt",
    opsetImport: [{ domain: "", version: OPSET }],
    metadataProps: Object.entries(options.metadata ?? {}).map(([key, value]) => ({ key, value })),
    graph: {
      name: "radapt",
      node: [...e.nodes, ...identities],
      initializer: e.initializers,
      input: fed.map((v) => describeOutput(inputs.get(v)!, v.shape, isFree)),
      output: outputs.map((o) => describeOutput(o.name, o.value.shape, isFree)),
    },
  });
  return { bytes: toBinary(ModelProtoSchema, model), inputs, external: e.external };
}
