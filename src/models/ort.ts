/**
 * The only file that imports onnxruntime-web. The runtime computes the features of frozen
 * backbones, and the engine's training graphs where there is no WebGPU.
 *
 * It uses WASM with SIMD and threads on every machine, not onnxruntime's WebGPU provider: the
 * engine itself runs on WebGPU, and on software adapters WASM is several times faster.
 */
import * as ort from "onnxruntime-web";
import { messageOf, RadaptError } from "../base/error";
import { numberToHalf } from "../base/half";
import { halfToNumber } from "../base/safetensors";
import { type GraphRuntime, idleInputs, type RuntimeSession, type WrittenOnnx } from "../engine/index";

export interface FeatureRuntimeOptions {
  /**
   * Address of the folder that contains the app's `ort/<version>/`. Node does not need it, because
   * there the package finds its own files.
   */
  baseUrl?: string;
  /** Wanted threads. A browser page without cross-origin isolation gets one. */
  threads: number;
}

/** Location as the model names it → bytes of that data file. */
export type ExternalData = ReadonlyMap<string, Uint8Array>;

/** An output of a model: row-major values and their shape. */
export interface OutputTensor {
  shape: number[];
  data: Float32Array;
}

export interface FeatureSession {
  /**
   * The image input: its name and its shape [batch, channels, height, width], with 0 for an axis
   * that the file leaves free.
   */
  readonly input: { name: string; shape: number[] };
  /**
   * Runs images [count, ...shape], where `shape` is [channels, height, width]. Gives output name →
   * values [count, …].
   *
   * @throws RadaptError `model.run` when the runtime fails
   */
  run(images: Float32Array, count: number, shape: readonly number[]): Promise<Map<string, OutputTensor>>;
  dispose(): Promise<void>;
}

export interface FeatureRuntime {
  /** Name for display and for records, e.g. "onnxruntime-web 1.30.0 (wasm, 4 threads)". */
  readonly label: string;
  /**
   * Loads a model.
   *
   * @param bytes an ONNX file
   * @param where the file's name, for messages
   * @param external data files that the model refers to
   * @throws RadaptError `model.refused` when the runtime cannot load the file, `model.inputs` when
   *   the model does not take images
   */
  open(bytes: Uint8Array, where: string, external?: ExternalData): Promise<FeatureSession>;
}

/**
 * Folder of onnxruntime-web's files, relative to the app's address. It contains the version, so
 * that a cache never mixes two versions.
 */
function ortPath(): string {
  return `ort/${ort.env.versions.web ?? ort.env.versions.common}/`;
}

/**
 * Prepares the runtime. Its 14 MB load with the first model. The number of threads is fixed once
 * per process.
 */
export function createFeatureRuntime({ baseUrl, threads }: FeatureRuntimeOptions): FeatureRuntime & GraphRuntime {
  const isolated = typeof crossOriginIsolated === "undefined" || crossOriginIsolated;
  const used = isolated ? Math.max(1, threads) : 1;
  ort.env.logLevel = "error";
  ort.env.wasm.numThreads = used;
  if (baseUrl !== undefined) ort.env.wasm.wasmPaths = new URL(ortPath(), baseUrl).href;
  return {
    label: `onnxruntime-web ${ort.env.versions.web ?? ort.env.versions.common} (wasm, ${used} thread${used > 1 ? "s" : ""})`,
    open: openSession,
    openGraph: (model) => openGraph(model),
  };
}

/**
 * The last queued call. onnxruntime's calls of all sessions share one stack, even while they wait,
 * so they must not overlap.
 */
let turn: Promise<unknown> = Promise.resolve();

function inTurn<R>(work: () => Promise<R>): Promise<R> {
  const done = turn.then(work);
  turn = done.catch(() => undefined);
  return done;
}

async function openGraph({ bytes, external }: WrittenOnnx): Promise<RuntimeSession> {
  const externalData = [...external].map(([path, data]) => ({ path, data }));
  const options = { executionProviders: ["wasm"], logSeverityLevel: 3, externalData } as const;
  const refused = (error: unknown) =>
    new RadaptError("onnxruntime cannot compute this training graph.", {
      code: "runtime.graph",
      expected: "memory for weights, activations and their gradients (WebAssembly has 4 GB at most)",
      got: messageOf(error).split("\n")[0],
      remedy: "Choose a smaller batch, image size or backbone, or a method that trains fewer weights.",
    });
  const session = await inTurn(() => ort.InferenceSession.create(bytes, options)).catch((error: unknown) => {
    throw refused(error);
  });
  return {
    run: async (feeds, fetches) => {
      const tensors = Object.entries(feeds).map(([name, t]) => [name, new ort.Tensor("float32", t.data, t.shape)]);
      const results = await inTurn(() => session.run(Object.fromEntries(tensors), fetches)).catch((error: unknown) => {
        throw refused(error);
      });
      return fetches.map((name) => results[name].data as Float32Array);
    },
    dispose: () => inTurn(() => session.release()),
  };
}

async function openSession(
  bytes: Uint8Array,
  where: string,
  external: ExternalData = new Map(),
): Promise<FeatureSession> {
  let session: ort.InferenceSession;
  const externalData = Array.from(external, ([path, data]) => ({ path, data }));
  try {
    const options = { executionProviders: ["wasm"], logSeverityLevel: 3, externalData } as const;
    session = await inTurn(() => ort.InferenceSession.create(bytes, options));
  } catch (error) {
    throw new RadaptError("onnxruntime cannot load this model.", {
      code: "model.refused",
      where,
      expected: "a whole ONNX file that this runtime can compute",
      got: messageOf(error).split("\n")[0],
      remedy: "Open the file again, together with its data files if it has some, or export it anew.",
    });
  }
  const input = imageInput(session, idleInputs(bytes), where);
  return {
    input: { name: input.name, shape: input.shape },
    run: (images, count, shape) => runBatches(session, input, images, count, shape, where),
    dispose: () => inTurn(() => session.release()),
  };
}

interface ImageInput {
  name: string;
  shape: number[];
  /** The input has 16-bit floats. */
  isHalf: boolean;
  /** Zeros for the inputs that no node reads: the runtime still requires them. */
  idle: Record<string, ort.Tensor>;
}

function imageInput(session: ort.InferenceSession, idle: readonly string[], where: string): ImageInput {
  const [first, ...others] = session.inputMetadata.filter(({ name }) => !idle.includes(name));
  const found = session.inputMetadata
    .map((m) => (m.isTensor ? `${m.name} ${m.type} [${m.shape.join(", ")}]` : m.name))
    .join("; ");
  const isImage = first?.isTensor && first.shape.length === 4 && (first.type === "float32" || first.type === "float16");
  if (others.length > 0 || !isImage) {
    throw new RadaptError("The model does not take images.", {
      code: "model.inputs",
      where,
      expected: "one input, float32 or float16 [batch, 3, height, width]",
      got: found || "no input",
      remedy: "Export the vision part of the model alone, with pixel values as its input.",
    });
  }
  const shape = first.shape.map((size) => (typeof size === "number" ? size : 0));
  const unread = session.inputMetadata.filter(({ name }) => idle.includes(name));
  return {
    name: first.name,
    shape,
    isHalf: first.type === "float16",
    idle: Object.fromEntries(unread.map((input) => [input.name, zeros(input)])),
  };
}

/** Zeros of the declared type and shape. A free axis has length 1. */
function zeros(input: ort.InferenceSession.ValueMetadata): ort.Tensor {
  const { type, shape } = input.isTensor ? input : { type: "float32" as const, shape: [] };
  const dims = shape.map((d) => (typeof d === "number" ? d : 1));
  const count = dims.reduce((product, d) => product * d, 1);
  if (type === "bool") return new ort.Tensor("bool", new Uint8Array(count), dims);
  if (type === "int64") return new ort.Tensor("int64", new BigInt64Array(count), dims);
  if (type === "int32") return new ort.Tensor("int32", new Int32Array(count), dims);
  if (type === "float16") return new ort.Tensor("float16", new Uint16Array(count), dims);
  return new ort.Tensor("float32", new Float32Array(count), dims);
}

/**
 * Runs all images at once where the file's batch axis is free, else in padded batches of its fixed
 * size.
 */
async function runBatches(
  session: ort.InferenceSession,
  input: ImageInput,
  images: Float32Array,
  count: number,
  shape: readonly number[],
  where: string,
): Promise<Map<string, OutputTensor>> {
  const perImage = shape.reduce((product, d) => product * d, 1);
  const fixed = input.shape[0];
  const step = fixed || count;
  const parts: Map<string, OutputTensor>[] = [];
  for (let start = 0; start < count; start += step) {
    const taken = images.subarray(start * perImage, Math.min(count, start + step) * perImage);
    const data = taken.length === step * perImage ? taken : new Float32Array(step * perImage);
    if (data !== taken) data.set(taken);
    try {
      const feeds = { ...input.idle, [input.name]: imageTensor(data, [step, ...shape], input.isHalf) };
      parts.push(outputsOf(await inTurn(() => session.run(feeds))));
    } catch (error) {
      throw new RadaptError("onnxruntime failed to run this model.", {
        code: "model.run",
        where,
        expected: `images [${[step, ...shape].join(", ")}] for an input [${input.shape.map((d) => d || "any").join(", ")}]`,
        got: messageOf(error).split("\n")[0],
        remedy: "Set the image size that the model was exported for, under the backbone's preprocessing.",
      });
    }
  }
  return parts.length === 1 && !fixed ? parts[0] : joined(parts, count);
}

function imageTensor(data: Float32Array, dims: number[], isHalf: boolean): ort.Tensor {
  return isHalf
    ? new ort.Tensor("float16", Uint16Array.from(data, numberToHalf), dims)
    : new ort.Tensor("float32", data, dims);
}

function outputsOf(results: ort.InferenceSession.OnnxValueMapType): Map<string, OutputTensor> {
  const floats = Object.entries(results).filter(([, { type }]) => type === "float32" || type === "float16");
  return new Map(floats.map(([name, v]) => [name, { shape: [...v.dims], data: toFloat32(v) }]));
}

/**
 * Converts an output to float32. onnxruntime gives 16-bit floats as their bits, or as a
 * Float16Array where the platform has one.
 */
function toFloat32({ data }: ort.TypedTensor<ort.Tensor.Type>): Float32Array {
  if (data instanceof Float32Array) return data;
  return data instanceof Uint16Array
    ? Float32Array.from(data, halfToNumber)
    : Float32Array.from(data as ArrayLike<number>);
}

/** Concatenates the outputs of several batches and drops the padding after `count` images. */
function joined(parts: Map<string, OutputTensor>[], count: number): Map<string, OutputTensor> {
  const names = [...parts[0].keys()];
  return new Map(
    names.map((name) => {
      const [, ...rest] = parts[0].get(name)!.shape;
      const perImage = rest.reduce((product, d) => product * d, 1);
      const data = new Float32Array(count * perImage);
      let at = 0;
      for (const part of parts) {
        const values = part.get(name)!.data.subarray(0, data.length - at);
        data.set(values, at);
        at += values.length;
      }
      return [name, { shape: [count, ...rest], data }];
    }),
  );
}
