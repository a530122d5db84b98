/** The safetensors reader and writer: round trip, every element type, damaged files. */
import { expect, test } from "vitest";
import { RadaptError } from "./error";
import { halfToNumber, readSafetensors, writeSafetensors } from "./safetensors";

/** A file by hand from the format's description: header length, header, data. */
function fileOf(header: object, data: Uint8Array): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const out = new Uint8Array(8 + text.length + data.length);
  new DataView(out.buffer).setBigUint64(0, BigInt(text.length), true);
  out.set(text, 8);
  out.set(data, 8 + text.length);
  return out;
}

test("what is written is read back, in order, with metadata", () => {
  const bytes = writeSafetensors(
    [
      { name: "loss", shape: [2], data: Float32Array.of(0.5, -1e-30) },
      { name: "labels", shape: [1, 3], data: Int32Array.of(1, -2, 3) },
      { name: "scalar", shape: [], data: Float32Array.of(7) },
    ],
    { format: "pt" },
  );
  const file = readSafetensors(bytes);
  expect(file.metadata).toEqual({ format: "pt" });
  expect(file.tensors.map((t) => [t.name, t.dtype, t.shape, [...t.data]])).toEqual([
    ["loss", "F32", [2], [0.5, Math.fround(-1e-30)]],
    ["labels", "I32", [1, 3], [1, -2, 3]],
    ["scalar", "F32", [], [7]],
  ]);
  expect(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8).toBe(0);
});

test("half, brain, double and 64-bit integers are read", () => {
  const data = new Uint8Array(2 + 2 + 8 + 8);
  const view = new DataView(data.buffer);
  view.setUint16(0, 0xc100, true); // −2.5
  view.setUint16(2, 0x3fc0, true); // 1.5
  view.setFloat64(4, 0.1, true);
  view.setBigInt64(12, -9007199254740991n, true);
  const file = readSafetensors(
    fileOf(
      {
        a: { dtype: "F16", shape: [1], data_offsets: [0, 2] },
        b: { dtype: "BF16", shape: [1], data_offsets: [2, 4] },
        c: { dtype: "F64", shape: [1], data_offsets: [4, 12] },
        d: { dtype: "I64", shape: [1], data_offsets: [12, 20] },
      },
      data,
    ),
  );
  expect(file.tensors.map((t) => t.data[0])).toEqual([-2.5, 1.5, Math.fround(0.1), -9007199254740991]);
});

test("half floats: subnormal, infinity, not a number", () => {
  expect(halfToNumber(0x0001)).toBe(2 ** -24);
  expect(halfToNumber(0xfc00)).toBe(Number.NEGATIVE_INFINITY);
  expect(halfToNumber(0x7e00)).toBeNaN();
  expect(halfToNumber(0x7bff)).toBe(65504);
});

test.each([
  ["nothing", new Uint8Array(3)],
  ["a cut header", fileOf({}, new Uint8Array()).subarray(0, 9)],
  ["no JSON", fileOf({}, new Uint8Array()).fill(0x41, 8)],
  ["an unknown type", fileOf({ x: { dtype: "F8_E4M3", shape: [1], data_offsets: [0, 1] } }, new Uint8Array(1))],
  ["a wrong size", fileOf({ x: { dtype: "F32", shape: [2], data_offsets: [0, 4] } }, new Uint8Array(4))],
  ["cut data", fileOf({ x: { dtype: "F32", shape: [2], data_offsets: [0, 8] } }, new Uint8Array(4))],
])("%s is refused with where and what to do", (_, bytes) => {
  const attempt = () => readSafetensors(bytes, "batch.safetensors");
  expect(attempt).toThrow(RadaptError);
  expect(attempt).toThrow(/batch\.safetensors[\s\S]*What to do/);
});
