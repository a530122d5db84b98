/**
 * ONNX files that Radapt must refuse or that need several parts. The tests encode them here, so
 * that the repository stores no file of unknown origin.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { create, toBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema, TensorProto_DataType, TensorProtoSchema } from "../../src/engine/onnx/onnx.gen";
import { modelBytes, normals, op } from "../../src/engine/onnx/test-files";

const tensorType = (dims: number[]) => ({
  value: {
    case: "tensorType" as const,
    value: {
      elemType: TensorProto_DataType.FLOAT,
      shape: { dim: dims.map((dim) => ({ value: { case: "dimValue" as const, value: BigInt(dim) } })) },
    },
  },
});

/** A well-formed model whose only node, "/encoder/HologramPool_0", has an unknown op type. */
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

/** A small convolution with its weights in a separate data file. */
export function modelOfTwoFiles(): { model: Uint8Array; location: string; data: Uint8Array } {
  const location = "small.onnx_data";
  const weights = create(TensorProtoSchema, {
    name: "w",
    dataType: TensorProto_DataType.FLOAT,
    dims: [4n, 3n, 8n, 8n],
    dataLocation: 1,
    externalData: [{ key: "location", value: location }],
  });
  const model = modelBytes({
    nodes: [
      op("Conv", ["x", "w"], ["c"], { kernel_shape: [8, 8], strides: [8, 8] }),
      op("GlobalAveragePool", ["c"], ["p"]),
      op("Flatten", ["p"], ["y"]),
    ],
    weights: [weights],
    inputs: { x: [1, 3, 32, 32] },
    outputs: { y: [1, 4] },
  });
  return { model, location, data: new Uint8Array(normals("w", [4, 3, 8, 8]).buffer) };
}

/** Path of the backbone that comes with Radapt. */
export function shippedModel(): string {
  const folder = join(import.meta.dirname, "../../public/models");
  const file = readdirSync(folder, { recursive: true, encoding: "utf8" }).find((path) => path.endsWith(".onnx"));
  if (!file) throw new Error(`No .onnx file under ${folder}`);
  return join(folder, file);
}
