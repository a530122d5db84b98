/**
 * For tests: the images that `tools/noise.py` draws too, and a small ONNX writer that shares no
 * code with the readers under test.
 */
import type { Pixels } from "../base/pixels";

/** Draws hard edges and noise, byte for byte as the scripts that make fixtures. */
export function drawNoise({ width, height, channels }: Omit<Pixels, "data">): Pixels {
  const data = new Uint8Array(width * height * channels);
  let state = width * 1000 + height;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    data[i] = state >>> 31 ? 0 : ((state >>> 24) & 127) | 128;
  }
  return { width, height, channels, data };
}

/** Decodes little-endian float32 from a fixture's Base64. */
export function decodeFloat32(base64: string): Float32Array {
  return new Float32Array(Uint8Array.from(Buffer.from(base64, "base64")).buffer);
}

type Field = [number: number, value: number | string | Uint8Array];

/**
 * Encodes a message in protocol buffer wire format. ONNX needs only varints and length-delimited
 * fields here.
 */
function message(...fields: (Field | null)[]): Uint8Array {
  const out: number[] = [];
  const varint = (value: number) => {
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest > 127n; rest >>= 7n) out.push(Number(rest & 127n) | 128);
    out.push(Number(rest));
  };
  for (const field of fields) {
    if (!field) continue;
    const [number, value] = field;
    varint((number << 3) | (typeof value === "number" ? 0 : 2));
    if (typeof value === "number") varint(value);
    else {
      const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
      varint(bytes.length);
      for (const byte of bytes) out.push(byte);
    }
  }
  return Uint8Array.from(out);
}

const floatType = 1;

const dims = (shape: readonly (number | string)[]) =>
  message(...shape.map((d): Field => [1, message(typeof d === "number" ? [1, d] : [2, d])]));

const valueInfo = (name: string, shape: readonly (number | string)[]) =>
  message([1, name], [2, message([1, message([1, floatType], [2, dims(shape)])])]);

const tensorProto = (name: string, shape: readonly number[], data: Float32Array) =>
  message(
    ...shape.map((d): Field => [1, d]),
    [2, floatType],
    [8, name],
    [9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)],
  );

/** An attribute: an integer, or a list of integers. */
const attribute = (name: string, value: number | number[]) =>
  typeof value === "number"
    ? message([1, name], [3, value], [20, 2])
    : message([1, name], ...value.map((v): Field => [8, v]), [20, 7]);

export interface TinyNode {
  op: string;
  inputs: string[];
  outputs: string[];
  attributes?: Record<string, number | number[]>;
}

export interface TinyModel {
  inputs: { name: string; shape: (number | string)[] }[];
  outputs: { name: string; shape: (number | string)[] }[];
  weights: { name: string; shape: number[]; data: Float32Array }[];
  nodes: TinyNode[];
}

export function writeTinyOnnx(model: TinyModel, opset = 17): Uint8Array {
  const graph = message(
    ...model.nodes.map(
      (node, index): Field => [
        1,
        message(
          ...node.inputs.map((name): Field => [1, name]),
          ...node.outputs.map((name): Field => [2, name]),
          [3, `/${node.op}_${index}`],
          [4, node.op],
          ...Object.entries(node.attributes ?? {}).map(([name, value]): Field => [5, attribute(name, value)]),
        ),
      ],
    ),
    [2, "tiny"],
    ...model.weights.map((w): Field => [5, tensorProto(w.name, w.shape, w.data)]),
    ...model.inputs.map((v): Field => [11, valueInfo(v.name, v.shape)]),
    ...model.outputs.map((v): Field => [12, valueInfo(v.name, v.shape)]),
  );
  return message([1, 8], [2, "radapt-test"], [7, graph], [8, message([2, opset])]);
}

/**
 * A model that turns patches of 4×4 pixels into 4 channels and averages them: [batch, 3, 8, 8] →
 * [batch, 4]. Its weights are fixed.
 */
export function tinyConvNet(batch: number | string = "batch"): Uint8Array {
  const weight = Float32Array.from({ length: 4 * 3 * 4 * 4 }, (_, i) => (((i * 37) % 101) - 50) / 100);
  return writeTinyOnnx({
    inputs: [{ name: "pixel_values", shape: [batch, 3, 8, 8] }],
    outputs: [{ name: "features", shape: [batch, 4] }],
    weights: [
      { name: "stem.weight", shape: [4, 3, 4, 4], data: weight },
      { name: "stem.bias", shape: [4], data: Float32Array.of(0.1, -0.2, 0.3, 0) },
    ],
    nodes: [
      {
        op: "Conv",
        inputs: ["pixel_values", "stem.weight", "stem.bias"],
        outputs: ["conv"],
        attributes: { kernel_shape: [4, 4], strides: [4, 4] },
      },
      { op: "Relu", inputs: ["conv"], outputs: ["relu"] },
      { op: "GlobalAveragePool", inputs: ["relu"], outputs: ["pool"] },
      { op: "Flatten", inputs: ["pool"], outputs: ["features"], attributes: { axis: 1 } },
    ],
  });
}
