/** For tests: models of one node, written with the generated messages and read by the engine. */
import { create, toBinary } from "@bufbuild/protobuf";
import { Builder } from "../graph/builder";
import { sizeOf, type Tensor, tensor } from "../graph/tensor";
import type { Value } from "../graph/value";
import { verify } from "../graph/verify";
import { onnxReaders } from "../ops";
import { readOnnxFile } from "./file";
import type { NodeAttr, NodeCase, NodeInput } from "./node-cases/case";
import {
  AttributeProto_AttributeType as A,
  type AttributeProto,
  AttributeProtoSchema,
  ModelProtoSchema,
  TensorProto_DataType as T,
  TensorProtoSchema,
  ValueInfoProtoSchema,
} from "./onnx.gen";

const tables = import.meta.glob<{ cases?: NodeCase[] }>("./node-cases/*.ts", { eager: true });

const describeCase = (c: NodeCase) =>
  [
    c.op,
    ...c.inputs.map((v) => (v ? `${v.kind}[${v.values ? `${v.shape}: ${v.values}` : v.shape}]` : "–")),
    JSON.stringify(c.attrs ?? {}),
    c.opset ? `opset ${c.opset}` : "",
  ].join(" ");

/** Every case with its name. */
export const nodeCases: (readonly [string, NodeCase])[] = Object.values(tables).flatMap((table) =>
  (table.cases ?? []).map((c) => [describeCase(c), c] as const),
);

const elementTypes = { x: T.FLOAT, w: T.FLOAT, f: T.FLOAT, i: T.INT64, b: T.BOOL } as const;
const dtypes = { x: "f32", w: "f32", f: "f32", i: "i64", b: "bool" } as const;

function nodeAttribute(name: string, value: NodeAttr): AttributeProto {
  const whole = (v: number) => BigInt(v);
  const fields =
    typeof value === "string"
      ? { type: A.STRING, s: new TextEncoder().encode(value) }
      : typeof value === "number"
        ? { type: A.INT, i: whole(value) }
        : "float" in value
          ? { type: A.FLOAT, f: value.float }
          : "floats" in value
            ? { type: A.FLOATS, floats: [...value.floats] }
            : { type: A.INTS, ints: value.map(whole) };
  return create(AttributeProtoSchema, { name, ...fields });
}

const caseValueInfo = (name: string, shape: readonly number[]) =>
  create(ValueInfoProtoSchema, {
    name,
    type: {
      value: {
        case: "tensorType",
        value: {
          elemType: T.FLOAT,
          shape: { dim: shape.map((d) => ({ value: { case: "dimValue" as const, value: BigInt(d) } })) },
        },
      },
    },
  });

/** Beyond what a 64-bit integer holds exactly stands "to the end". */
const int64 = (v: number) => (Math.abs(v) >= 2 ** 53 ? BigInt(Math.sign(v)) * (2n ** 63n - 1n) : BigInt(v));

function initializer(name: string, { kind, shape }: NodeInput, { data }: Tensor) {
  const numbers =
    kind === "i"
      ? { int64Data: Array.from(data, int64) }
      : kind === "b"
        ? { int32Data: Array.from(data) }
        : { floatData: Array.from(data) };
  return create(TensorProtoSchema, { name, dataType: elementTypes[kind], dims: shape.map(BigInt), ...numbers });
}

export const caseOutputs = (c: NodeCase) => Array.from({ length: c.outputs ?? 1 }, (_, k) => `y${k}`);

/** The case's inputs as tensors, random where not given. */
export function nodeInputs(c: NodeCase, random: () => number): (Tensor | null)[] {
  const [low, high] = c.domain ?? [-2, 2];
  return c.inputs.map((input) => {
    if (!input) return null;
    const count = sizeOf(input.shape);
    const data = input.values ?? Array.from({ length: count }, () => low + (high - low) * random());
    return tensor(input.shape, data, dtypes[input.kind]);
  });
}

/**
 * A model whose inputs are the case's inputs of kind x, named x0, x1, …; the others are in the
 * file.
 */
export function nodeModel(c: NodeCase, inputs: readonly (Tensor | null)[]): Uint8Array {
  const present = c.inputs.flatMap((input, k) => (input ? [{ input, name: `x${k}`, value: inputs[k]! }] : []));
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: 8n,
      opsetImport: [
        { domain: "", version: BigInt(c.opset ?? 17) },
        { domain: "com.microsoft", version: 1n },
      ],
      graph: {
        name: "node",
        node: [
          {
            opType: c.op,
            domain: c.vendor ? "com.microsoft" : "",
            input: c.inputs.map((input, k) => (input ? `x${k}` : "")),
            output: caseOutputs(c),
            attribute: Object.entries(c.attrs ?? {}).map(([name, value]) => nodeAttribute(name, value)),
          },
        ],
        input: present.filter((p) => p.input.kind === "x").map((p) => caseValueInfo(p.name, p.input.shape)),
        initializer: present.filter((p) => p.input.kind !== "x").map((p) => initializer(p.name, p.input, p.value)),
        output: caseOutputs(c).map((name) => create(ValueInfoProtoSchema, { name })),
      },
    }),
  );
}

/**
 * The file's one node as the graph builder reads it; only inputs of kind x are unknown then.
 *
 * @param leaf the value of an unknown input
 */
export function readCase(
  bytes: Uint8Array,
  inputs: readonly (Tensor | null)[],
  leaf: (b: Builder, value: Tensor, k: number) => Value,
): readonly Value[] {
  const b = new Builder();
  const { nodes, opset, initializers } = readOnnxFile(bytes);
  const [node] = nodes;
  const values = node.inputs.map((name, k) => {
    if (name === "") return null;
    const stored = initializers.get(name);
    if (!stored) return leaf(b, inputs[k]!, k);
    return stored.dtype === "f32" ? b.parameter(`${name}.weight`, stored) : b.constant(stored);
  });
  const { opType, domain, attrs, outputs } = node;
  const read = onnxReaders.get(opType)!;
  return verify([read({ opType, domain, opset, inputs: values, outputs: outputs.length, attrs, b })].flat(), "reading");
}
