/** TensorProto → Tensor: every float type becomes float32, every integer type float64. */
import { RadaptError } from "../../base/error";
import { halfToNumber } from "../../base/safetensors";
import { sizeOf, type Tensor } from "../tensor";
import { TensorProto_DataType as T, type TensorProto, TensorProto_DataLocation } from "./onnx.gen";

const HALF_TABLE = new Map<string, Float32Array>();

/** All 65,536 values of a 16-bit float format, made once. */
function table(kind: "f16" | "bf16"): Float32Array {
  let values = HALF_TABLE.get(kind);
  if (!values) {
    values = new Float32Array(65_536);
    if (kind === "f16") for (let i = 0; i < 65_536; i++) values[i] = halfToNumber(i);
    else new Uint32Array(values.buffer).forEach((_, i, bits) => void (bits[i] = i << 16));
    HALF_TABLE.set(kind, values);
  }
  return values;
}

function aligned(bytes: Uint8Array, width: number): Uint8Array {
  // Not bytes.slice(): Node's Buffer would give a view.
  return bytes.byteOffset % width === 0 ? bytes : Uint8Array.from(bytes);
}

function view<A>(
  bytes: Uint8Array,
  width: number,
  make: (buffer: ArrayBufferLike, offset: number, length: number) => A,
): A {
  const b = aligned(bytes, width);
  return make(b.buffer, b.byteOffset, b.byteLength / width);
}

const decoders: Readonly<
  Record<number, { width: number; decode: (bytes: Uint8Array) => Float32Array | Float64Array }>
> = {
  [T.FLOAT]: { width: 4, decode: (b) => view(b, 4, (...a) => new Float32Array(...a)) },
  [T.DOUBLE]: { width: 8, decode: (b) => Float32Array.from(view(b, 8, (...a) => new Float64Array(...a))) },
  [T.FLOAT16]: {
    width: 2,
    decode: (b) =>
      view(b, 2, (...a) => new Uint16Array(...a)).reduce(lookUp("f16"), new Float32Array(b.byteLength / 2)),
  },
  [T.BFLOAT16]: {
    width: 2,
    decode: (b) =>
      view(b, 2, (...a) => new Uint16Array(...a)).reduce(lookUp("bf16"), new Float32Array(b.byteLength / 2)),
  },
  [T.INT64]: {
    width: 8,
    decode: (b) =>
      Float64Array.from(
        view(b, 8, (...a) => new BigInt64Array(...a)),
        Number,
      ),
  },
  [T.UINT64]: {
    width: 8,
    decode: (b) =>
      Float64Array.from(
        view(b, 8, (...a) => new BigUint64Array(...a)),
        Number,
      ),
  },
  [T.INT32]: { width: 4, decode: (b) => Float64Array.from(view(b, 4, (...a) => new Int32Array(...a))) },
  [T.UINT32]: { width: 4, decode: (b) => Float64Array.from(view(b, 4, (...a) => new Uint32Array(...a))) },
  [T.INT16]: { width: 2, decode: (b) => Float64Array.from(view(b, 2, (...a) => new Int16Array(...a))) },
  [T.UINT16]: { width: 2, decode: (b) => Float64Array.from(view(b, 2, (...a) => new Uint16Array(...a))) },
  [T.INT8]: { width: 1, decode: (b) => Float64Array.from(view(b, 1, (...a) => new Int8Array(...a))) },
  [T.UINT8]: { width: 1, decode: (b) => Float64Array.from(b) },
  [T.BOOL]: { width: 1, decode: (b) => Float64Array.from(b) },
};

function lookUp(kind: "f16" | "bf16") {
  return (out: Float32Array, bits: number, i: number) => {
    out[i] = table(kind)[bits];
    return out;
  };
}

/** Numbers kept in the typed fields of the message instead of raw bytes. */
function typedNumbers(t: TensorProto): Float32Array | Float64Array {
  switch (t.dataType) {
    case T.FLOAT:
      return Float32Array.from(t.floatData);
    case T.DOUBLE:
      return Float32Array.from(t.doubleData);
    case T.FLOAT16:
      return Float32Array.from(t.int32Data, (bits) => table("f16")[bits & 0xffff]);
    case T.BFLOAT16:
      return Float32Array.from(t.int32Data, (bits) => table("bf16")[bits & 0xffff]);
    case T.INT64:
      return Float64Array.from(t.int64Data, Number);
    case T.UINT64:
    case T.UINT32:
      return Float64Array.from(t.uint64Data, Number);
    default:
      return Float64Array.from(t.int32Data);
  }
}

/** @throws RadaptError for external data, unknown types, and byte counts that do not match the shape. */
export function readTensor(t: TensorProto, where: string): Tensor {
  const shape = t.dims.map(Number);
  const decoder = decoders[t.dataType ?? 0];
  if (t.dataLocation === TensorProto_DataLocation.EXTERNAL) {
    throw new RadaptError("The weights are in a separate file", {
      code: "onnx.external-data",
      where,
      expected: "weights inside the .onnx file",
      got: "a reference to external data",
      remedy: "Save the model as one file: onnx.save_model(model, path, save_as_external_data=False).",
    });
  }
  if (!decoder) {
    throw new RadaptError("A tensor has a number type that Radapt does not read", {
      code: "onnx.tensor-type",
      where,
      expected: "float32, float16, bfloat16, float64, bool or an 8- to 64-bit integer",
      got: T[t.dataType ?? 0] ?? `type ${t.dataType}`,
      remedy: "Export the model in float32 or float16.",
    });
  }
  const raw = t.rawData && t.rawData.byteLength > 0;
  const size = sizeOf(shape);
  const count = raw ? t.rawData!.byteLength / decoder.width : typedNumbers(t).length;
  if (count !== size) {
    throw new RadaptError("A tensor's data do not match its shape", {
      code: "onnx.tensor-size",
      where,
      expected: `${size} numbers for shape [${shape.join(", ")}]`,
      got: `${count}`,
      remedy: "The file is damaged or cut short: export or download it again.",
    });
  }
  const data = raw ? decoder.decode(t.rawData!) : typedNumbers(t);
  const dtype = data instanceof Float32Array ? "f32" : t.dataType === T.BOOL ? "bool" : "i64";
  return { shape, dtype, data };
}
