/** Reads and writes the safetensors format. https://github.com/huggingface/safetensors#format */
import { messageOf, RadaptError } from "./error";

/**
 * A tensor of a file. Every float type becomes float32; I64 becomes float64, which is exact up to
 * 2⁵³.
 */
export interface FileTensor {
  name: string;
  dtype: keyof typeof readers;
  shape: number[];
  data: Float32Array | Int32Array | Float64Array;
}

export interface SafetensorsFile {
  tensors: FileTensor[];
  metadata: Record<string, string>;
}

const scratch = new DataView(new ArrayBuffer(4));

/** IEEE 754 binary16 bits to a number. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** bfloat16 bits (the upper half of a float32) to a number. */
export function brainToNumber(bits: number): number {
  scratch.setUint32(0, bits << 16);
  return scratch.getFloat32(0);
}

/** dtype → bytes per element, and a function that reads `n` little-endian elements. */
const readers = {
  F32: {
    bytes: 4,
    read: (v: DataView, n: number) => Float32Array.from({ length: n }, (_, i) => v.getFloat32(4 * i, true)),
  },
  F64: {
    bytes: 8,
    read: (v: DataView, n: number) => Float32Array.from({ length: n }, (_, i) => v.getFloat64(8 * i, true)),
  },
  F16: {
    bytes: 2,
    read: (v: DataView, n: number) =>
      Float32Array.from({ length: n }, (_, i) => halfToNumber(v.getUint16(2 * i, true))),
  },
  BF16: {
    bytes: 2,
    read: (v: DataView, n: number) =>
      Float32Array.from({ length: n }, (_, i) => brainToNumber(v.getUint16(2 * i, true))),
  },
  I64: {
    bytes: 8,
    read: (v: DataView, n: number) => Float64Array.from({ length: n }, (_, i) => Number(v.getBigInt64(8 * i, true))),
  },
  I32: {
    bytes: 4,
    read: (v: DataView, n: number) => Int32Array.from({ length: n }, (_, i) => v.getInt32(4 * i, true)),
  },
};

function bad(what: string, where: string, expected: string, got: string): RadaptError {
  return new RadaptError(`Not a safetensors file: ${what}.`, {
    code: "safetensors.bad",
    where,
    expected,
    got,
    remedy: "Write the file again with the safetensors library, as F32, F16, BF16, I64 or I32.",
  });
}

/**
 * Reads a safetensors file.
 *
 * @param where the file's name, for messages
 * @throws RadaptError `safetensors.bad`
 */
export function readSafetensors(bytes: Uint8Array, where = "file"): SafetensorsFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.byteLength < 8) throw bad("it is too short", where, "at least 8 bytes", `${bytes.byteLength}`);
  const length = Number(view.getBigUint64(0, true));
  if (8 + length > bytes.byteLength)
    throw bad("the header is cut off", where, `a header of ${length} bytes`, `${bytes.byteLength - 8} bytes`);
  let header: Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, 8 + length)));
  } catch (error) {
    throw bad("the header is not JSON", where, "a JSON object", messageOf(error));
  }
  const { __metadata__: metadata, ...entries } = header;
  const tensors = Object.entries(entries).map(([name, entry]): FileTensor => {
    const place = `${where}, tensor ${name}`;
    const dtype = entry?.dtype as keyof typeof readers;
    const reader = Object.hasOwn(readers, dtype ?? "") ? readers[dtype] : undefined;
    if (!reader) throw bad("unknown element type", place, Object.keys(readers).join(", "), String(dtype));
    const [start, end] = entry.data_offsets ?? [0, 0];
    const count = (entry.shape ?? []).reduce((product, size) => product * size, 1);
    if (end - start !== count * reader.bytes || start < 0)
      throw bad("shape and size disagree", place, `${count * reader.bytes} bytes`, `${end - start}`);
    if (8 + length + end > bytes.byteLength)
      throw bad("the data are cut off", place, `${8 + length + end} bytes`, `${bytes.byteLength}`);
    const data = reader.read(new DataView(bytes.buffer, bytes.byteOffset + 8 + length + start, end - start), count);
    return { name, dtype, shape: entry.shape, data };
  });
  return { tensors, metadata: (metadata as unknown as Record<string, string>) ?? {} };
}

/**
 * Writes tensors in the given order. A Float32Array becomes F32, an Int32Array I32. The data start
 * at a multiple of 8 bytes.
 */
export function writeSafetensors(
  tensors: readonly { name: string; shape: readonly number[]; data: Float32Array | Int32Array }[],
  metadata?: Record<string, string>,
): Uint8Array {
  const header: Record<string, unknown> = metadata ? { __metadata__: metadata } : {};
  let offset = 0;
  for (const { name, shape, data } of tensors) {
    const dtype = data instanceof Float32Array ? "F32" : "I32";
    header[name] = { dtype, shape, data_offsets: [offset, (offset += data.length * 4)] };
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const length = Math.ceil(text.length / 8) * 8;
  const out = new Uint8Array(8 + length + offset).fill(0x20, 8, 8 + length);
  const view = new DataView(out.buffer);
  view.setBigUint64(0, BigInt(length), true);
  out.set(text, 8);
  let at = 8 + length;
  for (const { data } of tensors)
    for (let i = 0; i < data.length; i++, at += 4)
      if (data instanceof Float32Array) view.setFloat32(at, data[i], true);
      else view.setInt32(at, data[i], true);
  return out;
}
