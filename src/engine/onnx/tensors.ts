/**
 * TensorProto → Tensor. Every float type becomes float32 and every integer type float64. Weights
 * stay undecoded.
 */
import { RadaptError } from "../../base/error";
import { brainToNumber, halfToNumber } from "../../base/safetensors";
import { lazyTensor } from "../graph/lazy-tensor";
import type { DType, Tensor } from "../graph/tensor";
import type { TensorMessage } from "./messages";
import { decodeVarints } from "./wire";

/**
 * Bytes of a data file beside the model, by the location in the model; undefined if there is none.
 */
export type ExternalFiles = (location: string) => Uint8Array | undefined;

interface TensorFormat {
  name: string;
  dtype: DType;
  /** Bytes of one number in raw data. */
  width: number;
  read: (view: DataView, at: number) => number;
  /** The field of typed data. */
  typed: "floats" | "doubles" | "ints";
  /** A number of the integer field → its value. */
  fromInt?: (value: number) => number;
}

let halves: Float32Array | null = null;
/**
 * Converts through a table of all 65,536 values, made once, because large models are decoded
 * through it.
 */
const half = (bits: number): number => {
  halves ??= Float32Array.from({ length: 65_536 }, (_, i) => halfToNumber(i));
  return halves[bits & 0xffff];
};

/** https://github.com/onnx/onnx/blob/main/onnx/onnx.proto TensorProto.DataType */
const tensorFormats: Readonly<Record<number, TensorFormat>> = {
  1: { name: "float32", dtype: "f32", width: 4, typed: "floats", read: (v, at) => v.getFloat32(at, true) },
  2: { name: "uint8", dtype: "i64", width: 1, typed: "ints", read: (v, at) => v.getUint8(at) },
  3: { name: "int8", dtype: "i64", width: 1, typed: "ints", read: (v, at) => v.getInt8(at) },
  4: { name: "uint16", dtype: "i64", width: 2, typed: "ints", read: (v, at) => v.getUint16(at, true) },
  5: { name: "int16", dtype: "i64", width: 2, typed: "ints", read: (v, at) => v.getInt16(at, true) },
  6: { name: "int32", dtype: "i64", width: 4, typed: "ints", read: (v, at) => v.getInt32(at, true) },
  7: { name: "int64", dtype: "i64", width: 8, typed: "ints", read: (v, at) => Number(v.getBigInt64(at, true)) },
  9: { name: "bool", dtype: "bool", width: 1, typed: "ints", read: (v, at) => (v.getUint8(at) ? 1 : 0) },
  10: {
    name: "float16",
    dtype: "f32",
    width: 2,
    typed: "ints",
    read: (v, at) => half(v.getUint16(at, true)),
    fromInt: half,
  },
  11: { name: "float64", dtype: "f32", width: 8, typed: "doubles", read: (v, at) => v.getFloat64(at, true) },
  12: { name: "uint32", dtype: "i64", width: 4, typed: "ints", read: (v, at) => v.getUint32(at, true) },
  13: { name: "uint64", dtype: "i64", width: 8, typed: "ints", read: (v, at) => Number(v.getBigUint64(at, true)) },
  16: {
    name: "bfloat16",
    dtype: "f32",
    width: 2,
    typed: "ints",
    read: (v, at) => brainToNumber(v.getUint16(at, true)),
    fromInt: brainToNumber,
  },
};

const FLOAT32 = 1;
const small = "4-bit and 8-bit float numbers cannot be trained from";
const refused: Readonly<Record<number, string>> = {
  8: "text",
  14: "complex64",
  15: "complex128",
  17: "float8",
  18: "float8",
  19: "float8",
  20: "float8",
  21: "uint4",
  22: "int4",
  23: "float4",
};

/** "float32", or the name of another type. */
export const elementTypeName = (type: number): string => tensorFormats[type]?.name ?? refused[type] ?? `type ${type}`;

export const isFloat = (type: number): boolean => tensorFormats[type]?.dtype === "f32";

/**
 * @throws RadaptError for missing data files, unknown types, and byte counts that do not match the
 *   shape
 */
export function toTensor(t: TensorMessage, external: ExternalFiles): Tensor {
  const where = t.name ? `${t.name} (${t.where})` : t.where;
  const format = tensorFormats[t.dataType];
  if (!format) {
    const fewBits = t.dataType >= 17 && t.dataType <= 23;
    throw new RadaptError(`A tensor has a number type that Radapt does not read: ${elementTypeName(t.dataType)}`, {
      code: "onnx.tensor-type",
      where,
      expected: "float32, float16, bfloat16, float64, bool or an 8- to 64-bit integer",
      got: fewBits ? `${elementTypeName(t.dataType)}: ${small}` : elementTypeName(t.dataType),
      remedy: "Export the model in float32 or float16, or take its 8-bit file.",
    });
  }
  const count = elementCount(t.dims, where);
  const raw = t.isExternal ? externalBytes(t, external, where) : t.raw;
  if (raw && (raw.byteLength > 0 || count === 0)) {
    if (raw.byteLength !== count * format.width)
      throw wrongSize(t, where, `${raw.byteLength} bytes for ${count * format.width}`);
    return withType(fromRaw(t.dims, raw, t.dataType, format), t.dataType);
  }
  const typed = joinBytes(t[format.typed]);
  if (format.typed === "ints") return withType(fromVarints(t, typed, count, format, where), t.dataType);
  const width = format.typed === "floats" ? 4 : 8;
  if (typed.byteLength !== count * width) throw wrongSize(t, where, `${typed.byteLength / width}`);
  return withType(fromRaw(t.dims, typed, t.dataType, format), t.dataType);
}

/** Product of the dimensions, which must be whole numbers from 0. */
function elementCount(dims: readonly number[], where: string): number {
  const count = dims.reduce((product, d) => product * d, 1);
  if (dims.every((d) => d >= 0) && Number.isSafeInteger(count)) return count;
  throw new RadaptError("A tensor has an impossible shape", {
    code: "onnx.tensor-size",
    where,
    expected: "dimensions from 0, with a product that can be counted",
    got: `[${dims.join(", ")}]`,
    remedy: "The file is damaged: export or download it again.",
  });
}

function wrongSize(t: TensorMessage, where: string, got: string): RadaptError {
  return new RadaptError("A tensor's data do not match its shape", {
    code: "onnx.tensor-size",
    where,
    expected: `${elementCount(t.dims, where)} numbers for shape [${t.dims.join(", ")}]`,
    got,
    remedy: "The file is damaged or cut short: export or download it again.",
  });
}

/** Keeps the ONNX type: the type of a zero point gives the range of its integers. */
function withType(t: Tensor, type: number): Tensor {
  return Object.assign(t, { onnxType: type });
}

function fromRaw(shape: readonly number[], bytes: Uint8Array, type: number, format: TensorFormat): Tensor {
  const { buffer, byteOffset, byteLength } = bytes;
  if (type === FLOAT32) {
    const decode = (from: number, to: number) => {
      const start = byteOffset + 4 * from;
      return start % 4 === 0
        ? new Float32Array(buffer, start, to - from)
        : new Float32Array(buffer.slice(start, byteOffset + 4 * to));
    };
    return lazyTensor(shape, "f32", { decode, float32: bytes });
  }
  const view = new DataView(buffer, byteOffset, byteLength);
  const decode = (from: number, to: number) => {
    const out = format.dtype === "f32" ? new Float32Array(to - from) : new Float64Array(to - from);
    for (let i = from; i < to; i++) out[i - from] = format.read(view, i * format.width);
    return out;
  };
  return lazyTensor(shape, format.dtype, { decode });
}

function fromVarints(t: TensorMessage, bytes: Uint8Array, count: number, format: TensorFormat, where: string): Tensor {
  let found = 0;
  for (const byte of bytes) if (byte < 128) found++;
  if (found !== count) throw wrongSize(t, where, `${found}`);
  const data = format.dtype === "f32" ? new Float32Array(count) : new Float64Array(count);
  let i = 0;
  decodeVarints(bytes, (value) => {
    data[i++] = format.fromInt ? format.fromInt(value) : value;
  });
  return { shape: t.dims, dtype: format.dtype, data };
}

function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0];
  const out = new Uint8Array(parts.reduce((sum, p) => sum + p.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.byteLength;
  }
  return out;
}

/**
 * A data file's location, as the model names it, without ".".
 * @throws RadaptError `onnx.external-location` for what leaves the model's folder
 */
export function externalLocation(t: TensorMessage): string {
  const given = t.external.get("location") ?? "";
  const parts = given.split(/[\\/]/).filter((part) => part !== ".");
  const escapes = parts.length === 0 || parts.some((part) => part === "" || part === "..") || given.includes(":");
  if (!escapes) return parts.join("/");
  throw new RadaptError("The model places its weights outside its folder", {
    code: "onnx.external-location",
    where: t.where,
    expected: "the name of a file beside the model",
    got: given || "no location",
    remedy: "Export the model anew, with its data file beside it.",
  });
}

function externalBytes(t: TensorMessage, external: ExternalFiles, where: string): Uint8Array {
  const location = externalLocation(t);
  const bytes = external(location);
  if (!bytes) {
    throw new RadaptError(`The model's weights are in another file that is not here: ${location}`, {
      code: "onnx.external-missing",
      where,
      expected: `${location}, beside the .onnx file`,
      got: "the .onnx file alone",
      remedy: `Open both files together: the .onnx file and ${location}.`,
    });
  }
  const number = (key: string, absent: number) => (t.external.has(key) ? Number(t.external.get(key)) : absent);
  const offset = number("offset", 0);
  const length = number("length", bytes.byteLength - offset);
  const fits = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
  if (fits && offset + length <= bytes.byteLength) return bytes.subarray(offset, offset + length);
  throw new RadaptError(`The data file is shorter than the model says: ${location}`, {
    code: "onnx.external-size",
    where,
    expected: `bytes ${offset} to ${offset + length}`,
    got: `${bytes.byteLength} bytes`,
    remedy: "The two files may be of different exports, or the data file was cut short: get both again.",
  });
}
