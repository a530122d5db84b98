/** ONNX files for the journeys that must be refused, encoded here so that no file of unknown origin is kept. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { create, toBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema, TensorProto_DataType } from "../../src/engine/onnx/onnx.gen";

const tensorType = (dims: number[]) => ({
  value: {
    case: "tensorType" as const,
    value: {
      elemType: TensorProto_DataType.FLOAT,
      shape: { dim: dims.map((dim) => ({ value: { case: "dimValue" as const, value: BigInt(dim) } })) },
    },
  },
});

/** A well-formed model whose only node, "/encoder/HologramPool_0", has an op type that nobody knows. */
export function modelWithUnknownOp(): Uint8Array {
  const model = create(ModelProtoSchema, {
    irVersion: 8n,
    producerName: "radapt-e2e",
    opsetImport: [{ domain: "", version: 17n }],
    graph: {
      name: "unknown-op",
      input: [{ name: "pixel_values", type: tensorType([1, 3, 32, 32]) }],
      output: [{ name: "features", type: tensorType([1, 8]) }],
      node: [
        { name: "/encoder/HologramPool_0", opType: "HologramPool", input: ["pixel_values"], output: ["features"] },
      ],
    },
  });
  return toBinary(ModelProtoSchema, model);
}

/** Path of the backbone that comes with Radapt. */
export function shippedModel(): string {
  const folder = join(import.meta.dirname, "../../public/models");
  const file = readdirSync(folder, { recursive: true, encoding: "utf8" }).find((path) => path.endsWith(".onnx"));
  if (!file) throw new Error(`No .onnx file under ${folder}`);
  return join(folder, file);
}
