/**
 * Reads a new backbone from a file or an address, opens it in the engine, and compares the engine
 * with onnxruntime on one image. The caller stores it only after that; a failure leaves nothing
 * behind.
 */
import { RadaptError, sha256Hex } from "../base";
import { createPrng } from "../base/prng";
import type { OnProgress } from "../base/progress";
import { isInnerFeature } from "../engine/backbone/feature-choice";
import { externalFiles } from "../engine/index";
import type { EngineDevice, FeatureOption, Model, ModelInfo } from "../engine/types";
import { computeFeatures } from "../models/features";
import { type DataFile, type ModelFiles, splitFiles } from "../models/files";
import { pullModel, startsLikeOnnx } from "../models/hub";
import type { FeatureRuntime } from "../models/ort";
import { type BackboneRow, inputShape, type Preprocessing } from "../models/types";
import type { TrainingEngine } from "./engine";
import { createFeatureTrainer, engineFeatures } from "./engine-features";

export interface BackboneRequest {
  name: string;
  /**
   * `data` holds the data files of a model in several files. For an address they are pulled from
   * beside the model.
   */
  source: { file: Blob; data?: { name: string; file: Blob }[] } | { url: string; sha256?: string };
  preprocessing?: Preprocessing;
  feature?: BackboneRow["feature"];
}

/** Result of comparing the engine with onnxruntime on a new backbone. */
export interface BackboneCheck {
  info: ModelInfo;
  featureWidth: number;
  /** max |engine − onnxruntime| / max |onnxruntime| over the features of a probe image. */
  relativeError: number;
  note: string;
}

export interface ArrivalTools extends Pick<TrainingEngine, "openModel" | "createTrainer"> {
  runtime: FeatureRuntime;
  /** Computes the engine's features. */
  device: EngineDevice;
  /** Bytes that storage still takes; undefined where the browser does not say. */
  room?: number;
  signal?: AbortSignal;
  onProgress?: OnProgress;
}

export interface Arrived {
  backbone: BackboneRow;
  check: BackboneCheck;
  /** The .onnx file, followed by its data files. */
  bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Relative difference that another order of float32 sums explains. The note names a larger
 * tolerance.
 */
const exact = 1e-3;

/**
 * @throws RadaptError `hub.*` while pulling, `backbone.not-onnx`, `onnx.*` for what the engine
 *   cannot train, `model.*` for what onnxruntime cannot run, `backbone.check` when the two differ
 */
export async function receiveBackbone(request: BackboneRequest, tools: ArrivalTools): Promise<Arrived> {
  const { bytes, external } = await readSource(request, tools);
  const files = splitFiles(bytes, external);
  const sha256 = await sha256Hex(bytes);
  tools.signal?.throwIfAborted();
  tools.onProgress?.({ done: 0, total: 2, what: "Reading the model" });
  const model = await tools.openModel(files.bytes, {
    imageSize: request.preprocessing?.size,
    external: (location) => files.external.get(location),
  });
  const preprocessing = request.preprocessing
    ? fitChannels(request.preprocessing, model.info)
    : suggestPreprocessing(model.info);
  const feature = request.feature ?? "auto";
  tools.onProgress?.({ done: 1, total: 2, what: "Comparing the engine with onnxruntime" });
  const check = await checkBackbone(
    model,
    files,
    { name: request.name, shape: inputShape(preprocessing), feature },
    tools,
  );
  tools.signal?.throwIfAborted();
  const fromUrl = "url" in request.source;
  const backbone: BackboneRow = {
    id: sha256.slice(0, 20),
    name: request.name,
    sha256,
    bytes: bytes.byteLength,
    preprocessing,
    feature,
    licence: "unknown: see where it comes from",
    source: "url" in request.source ? request.source.url : request.name,
    origin: fromUrl ? "url" : "file",
    ...(external.length > 0 && { external }),
    ...(model.info.notes.length > 0 && { notes: model.info.notes }),
  };
  return { backbone, check, bytes };
}

/**
 * ImageNet's usual preprocessing at the size that the file asks for, or 224 where the file leaves
 * it free.
 */
export function suggestPreprocessing(info: ModelInfo): Preprocessing {
  const size = info.input.shape[1] || 224;
  const usual: Preprocessing = {
    size,
    resize: size,
    interpolation: "bicubic",
    crop: "crop",
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
  };
  return fitChannels(usual, info);
}

/** The form assumes three channels; a file for grey images has one. */
function fitChannels(preprocessing: Preprocessing, { input }: ModelInfo): Preprocessing {
  return input.shape[0] === 1 ? { ...preprocessing, channels: 1 } : preprocessing;
}

interface Received {
  bytes: Uint8Array<ArrayBuffer>;
  external: DataFile[];
}

/** Reads the .onnx file, and after it the data files that it names, into one array. */
async function readSource({ name, source }: BackboneRequest, tools: ArrivalTools): Promise<Received> {
  const first = "file" in source ? source.file : await pull(source, tools);
  const model = new Uint8Array(await first.arrayBuffer());
  if (!startsLikeOnnx(model)) throw notOnnxFile(name, model);
  const external: DataFile[] = [];
  const parts = [first];
  for (const location of externalFiles(model)) {
    const part =
      "file" in source
        ? dataFile(location, source.data ?? [], name)
        : await pull({ url: new URL(location, source.url).href, isData: true }, tools);
    external.push({ location, bytes: part.size });
    parts.push(part);
  }
  const bytes = external.length > 0 ? new Uint8Array(await new Blob(parts).arrayBuffer()) : model;
  return { bytes, external };
}

function notOnnxFile(name: string, bytes: Uint8Array): RadaptError {
  return new RadaptError("This is not an ONNX file.", {
    code: "backbone.not-onnx",
    where: name,
    expected: "an .onnx file",
    got: bytes.length === 0 ? "an empty file" : "other bytes",
    remedy: "PyTorch and safetensors files must be exported to ONNX first.",
  });
}

/**
 * Compares the last part of the location only, since a browser gives files' names without folders.
 */
function dataFile(location: string, given: readonly { name: string; file: Blob }[], where: string): Blob {
  const wanted = location.split("/").at(-1)!;
  const found = given.find(({ name }) => name === wanted);
  if (found) return found.file;
  throw new RadaptError(`The model's weights are in another file that was not opened: ${wanted}`, {
    code: "backbone.data-missing",
    where,
    expected: `the .onnx file and ${wanted}, opened together`,
    got: ["the .onnx file", ...given.map(({ name }) => name)].join(", "),
    remedy: `Choose both files at once: the .onnx file and ${wanted}.`,
  });
}

async function pull(
  source: { url: string; sha256?: string; isData?: boolean },
  { room, signal, onProgress }: ArrivalTools,
): Promise<Blob> {
  const parts: BlobPart[] = [];
  const write = (chunk: Uint8Array) => void parts.push(chunk as Uint8Array<ArrayBuffer>);
  await pullModel({ ...source, room, signal, onProgress, write });
  return new Blob(parts);
}

/** Runs one image of noise through onnxruntime and through the engine. */
export async function checkBackbone(
  model: Model,
  { bytes, external }: ModelFiles,
  { name, shape, feature }: { name: string; shape: readonly number[]; feature: BackboneRow["feature"] },
  tools: Pick<ArrivalTools, "createTrainer" | "runtime" | "device" | "signal">,
): Promise<BackboneCheck> {
  const prng = createPrng(0, "backbone check");
  const image = Float32Array.from({ length: shape.reduce((product, d) => product * d, 1) }, () => prng.normal());
  const session = await tools.runtime.open(bytes, name, external);
  // onnxruntime reads outputs only. For a feature inside the graph, compare the file's own one.
  const compared = isInnerFeature(feature) ? "auto" : feature;
  const expected = await computeFeatures(session, compared, image, 1, shape).finally(() => session.dispose());
  const inner = model.info.features.find(({ kind }) => kind === feature && isInnerFeature(kind));
  if (inner?.reason) throw lackingFeature(name, inner);
  const base = { info: model.info, featureWidth: inner?.width ?? expected.width };
  const { device, signal } = tools;
  const source = { model, device, feature: compared, size: shape[1], batch: 1, signal };
  const trainer = await createFeatureTrainer(source, tools.createTrainer);
  const got = (await engineFeatures(trainer)(image, 1).finally(() => trainer.dispose())).data;
  const relativeError = relativeDifference(got, expected.data);
  const { tolerance } = model.info;
  if (relativeError <= tolerance) return { ...base, relativeError, note: agreement(relativeError, tolerance) };
  throw new RadaptError("The engine computes other features than onnxruntime; training on it would mislead.", {
    code: "backbone.check",
    where: name,
    expected: `a relative difference of at most ${tolerance}`,
    got: Number.isNaN(relativeError)
      ? `${got.length} values, or values that are no numbers`
      : relativeError.toPrecision(3),
    remedy: "Export the model anew with another opset, and please report it with the file's origin.",
  });
}

function agreement(relativeError: number, tolerance: number): string {
  const equal = `The engine's features equal onnxruntime's to ${relativeError.toExponential(1)}`;
  return tolerance > exact ? `${equal}; up to ${tolerance} is what the file's own arithmetic explains.` : `${equal}.`;
}

function lackingFeature(name: string, { kind, reason }: FeatureOption): RadaptError {
  return new RadaptError(`The model cannot give the feature "${kind}".`, {
    code: "feature.none",
    where: name,
    expected: "four blocks of a transformer with a class token",
    got: reason,
    remedy: 'Choose the feature "auto".',
  });
}

/** max |a − b| / max |b|; NaN when they do not compare. */
export function relativeDifference(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Number.NaN;
  let difference = 0;
  let scale = 0;
  for (let i = 0; i < a.length; i++) {
    difference = Math.max(difference, Math.abs(a[i] - b[i]));
    scale = Math.max(scale, Math.abs(b[i]));
  }
  return difference / Math.max(scale, 1e-12);
}
