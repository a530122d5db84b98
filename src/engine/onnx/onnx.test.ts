/** Bad files get an error that says what and where; names are PyTorch's. */
import { create, toBinary } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { openModel } from "../index";
import { isAnonymous, modulePath } from "./names";
import { ModelProtoSchema } from "./onnx.gen";

/** A model of one node on an image input. */
function tinyModel(opType: string, attribute: { name: string; type: number; ints?: bigint[] }[] = []): Uint8Array {
  const tensor = (dims: number[]) => ({
    value: {
      case: "tensorType" as const,
      value: {
        elemType: 1,
        shape: { dim: dims.map((d) => ({ value: { case: "dimValue" as const, value: BigInt(d) } })) },
      },
    },
  });
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: 8n,
      opsetImport: [{ version: 17n }],
      graph: {
        name: "tiny",
        node: [{ opType, name: "/stem/Node", input: ["x"], output: ["y"], attribute }],
        input: [{ name: "x", type: tensor([1, 3, 8, 8]) }],
        output: [{ name: "y", type: tensor([1, 3]) }],
      },
    }),
  );
}

describe("a file that cannot be used", () => {
  test("an unknown operator is named with its node", () => {
    expect(() => openModel(tinyModel("NonMaxSuppression"))).toThrow(/NonMaxSuppression[\s\S]*\/stem\/Node/);
  });
  test("a truncated file and other bytes are no ONNX", () => {
    const bytes = tinyModel("Relu");
    expect(() => openModel(bytes.subarray(0, bytes.length - 7))).toThrow("not a whole ONNX file");
    expect(() => openModel(new TextEncoder().encode("<!doctype html>"))).toThrow("not a whole ONNX file");
    expect(() => openModel(new Uint8Array())).toThrow("not a whole ONNX file");
  });
  test("every cut of a file is refused or read, never a hang or another error", () => {
    const bytes = tinyModel("Relu");
    for (let length = 0; length < bytes.length; length++) {
      try {
        openModel(bytes.subarray(0, length));
      } catch (error) {
        expect((error as Error).name).toBe("RadaptError");
      }
    }
  });
});

test("the shape and operators of a readable file are reported", () => {
  const { info } = openModel(tinyModel("GlobalAveragePool"));
  expect(info.input).toEqual({ name: "x", shape: [3, 8, 8] });
  expect(info.ops).toEqual({ GlobalAveragePool: 1 });
  expect(info.outputs).toEqual([{ name: "y", shape: [1, 3, 1, 1] }]);
});

test("module paths come from the exporter's scopes", () => {
  expect(modulePath("/vision_model/encoder/layers.0/self_attn/q_proj/MatMul")).toBe(
    "vision_model.encoder.layers.0.self_attn.q_proj",
  );
  expect(modulePath("/blocks/blocks.0/attn/qkv/MatMul")).toBe("blocks.0.attn.qkv");
  expect(modulePath("/layers.0.1/net/net.1/MatMul")).toBe("layers.0.1.net.1");
  expect(modulePath("MatMul_12")).toBe("");
  expect(isAnonymous("onnx::MatMul_405")).toBe(true);
  expect(isAnonymous("layers.0.mlp.fc1.bias")).toBe(false);
});
