/**
 * A backbone arrives, from a file or an address: read, parsed by the engine, run once by onnxruntime and by the engine on
 * one image, and only then stored. What fails leaves nothing behind.
 */
import { RadaptError, sha256Hex } from "../base";
import { createPrng } from "../base/prng";
import type { OnProgress } from "../base/progress";
import { methodIds } from "../engine/adapters";
import type { EngineDevice, Model, ModelInfo, Trainer, TrainerOptions } from "../engine/types";
import { computeFeatures } from "../models/features";
import { pullModel, startsLikeOnnx } from "../models/hub";
import type { FeatureRuntime } from "../models/ort";
import type { BackboneRow, Preprocessing } from "../models/types";

export interface BackboneRequest {
  name: string;
  source: { file: Blob } | { url: string; sha256?: string };
  preprocessing?: Preprocessing;
  feature?: BackboneRow["feature"];
}

/** What the check on arrival of a backbone found. */
export interface BackboneCheck {
  info: ModelInfo;
  featureWidth: number;
  /** max |engine − onnxruntime| / max |onnxruntime| over the features of a probe image. */
  relativeError: number;
  note: string;
}

export interface ArrivalTools {
  openModel(bytes: Uint8Array, options?: { imageSize?: number }): Promise<Model> | Model;
  createTrainer(options: TrainerOptions): Promise<Trainer>;
  runtime: FeatureRuntime;
  /** Computes the engine's features, which are compared with onnxruntime's. */
  device: EngineDevice;
  /** Bytes that storage still takes, where known. */
  room?: number;
  signal?: AbortSignal;
  onProgress?: OnProgress;
}

export interface Arrived {
  backbone: BackboneRow;
  check: BackboneCheck;
  bytes: Uint8Array<ArrayBuffer>;
}

/** Differences above this say that engine and onnxruntime do not compute the same model. */
export const featureTolerance = 1e-3;

/**
 * @throws RadaptError `hub.*` while pulling, `backbone.not-onnx`, `onnx.*` for what the engine cannot train, `model.*` for
 * what onnxruntime cannot run, `backbone.check` when the two differ
 */
export async function receiveBackbone(request: BackboneRequest, tools: ArrivalTools): Promise<Arrived> {
  const bytes = await readSource(request, tools);
  const sha256 = await sha256Hex(bytes);
  tools.signal?.throwIfAborted();
  tools.onProgress?.({ done: 0, total: 2, what: "Reading the model" });
  const model = await tools.openModel(bytes, { imageSize: request.preprocessing?.size });
  const preprocessing = request.preprocessing ?? suggestPreprocessing(model.info);
  const feature = request.feature ?? "auto";
  tools.onProgress?.({ done: 1, total: 2, what: "Comparing the engine with onnxruntime" });
  const check = await checkBackbone(model, bytes, { name: request.name, size: preprocessing.size, feature }, tools);
  tools.signal?.throwIfAborted();
  const fromUrl = "url" in request.source;
  const backbone: BackboneRow = {
    ...{ id: sha256.slice(0, 20), name: request.name, sha256, bytes: bytes.byteLength, preprocessing, feature },
    licence: "unknown: see where it comes from",
    source: "url" in request.source ? request.source.url : request.name,
    origin: fromUrl ? "url" : "file",
  };
  return { backbone, check, bytes };
}

/** ImageNet's usual preprocessing at the size that the file asks for; 224 where it leaves the size free. */
export function suggestPreprocessing(info: ModelInfo): Preprocessing {
  const size = info.input.shape[1] || 224;
  return {
    ...{ size, resize: size, interpolation: "bicubic", crop: "crop" },
    ...{ mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  };
}

async function readSource(
  { name, source }: BackboneRequest,
  { room, signal, onProgress }: ArrivalTools,
): Promise<Uint8Array<ArrayBuffer>> {
  if ("file" in source) {
    const bytes = new Uint8Array(await source.file.arrayBuffer());
    if (startsLikeOnnx(bytes)) return bytes;
    throw new RadaptError("This is not an ONNX file.", {
      code: "backbone.not-onnx",
      where: name,
      expected: "an .onnx file",
      got: bytes.length === 0 ? "an empty file" : "other bytes",
      remedy: "PyTorch and safetensors files must be exported to ONNX first.",
    });
  }
  const parts: Uint8Array[] = [];
  const write = (chunk: Uint8Array) => void parts.push(chunk);
  const { bytes: total } = await pullModel({ ...source, room, signal, onProgress, write });
  const bytes = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Runs one image of noise through onnxruntime and through the engine. */
export async function checkBackbone(
  model: Model,
  bytes: Uint8Array,
  { name, size, feature }: { name: string; size: number; feature: BackboneRow["feature"] },
  tools: Pick<ArrivalTools, "createTrainer" | "runtime" | "device">,
): Promise<BackboneCheck> {
  const prng = createPrng(0, "backbone check");
  const image = Float32Array.from({ length: 3 * size * size }, () => prng.normal());
  const session = await tools.runtime.open(bytes, name);
  const expected = await computeFeatures(session, feature, image, 1, size).finally(() => session.dispose());
  const base = { info: model.info, featureWidth: expected.width };
  const got = await engineFeatures(model, image, { size, feature, device: tools.device }, tools.createTrainer);
  const relativeError = relativeDifference(got, expected.data);
  if (relativeError <= featureTolerance) {
    const note = `The engine's features equal onnxruntime's to ${relativeError.toExponential(1)}.`;
    return { ...base, relativeError, note };
  }
  throw new RadaptError("The engine computes other features than onnxruntime; training on it would mislead.", {
    code: "backbone.check",
    where: name,
    expected: `a relative difference of at most ${featureTolerance}`,
    got: Number.isNaN(relativeError)
      ? `${got.length} values, or values that are no numbers`
      : relativeError.toPrecision(3),
    remedy: "Export the model anew with another opset, and please report it with the file's origin.",
  });
}

/** The engine's own features [1, D]: its frozen part up to the head, which the first method of the registry leaves whole. */
async function engineFeatures(
  model: Model,
  image: Float32Array,
  { size, feature, device }: { size: number; feature: BackboneRow["feature"]; device: EngineDevice },
  createTrainer: ArrivalTools["createTrainer"],
): Promise<Float32Array> {
  const trainer = await createTrainer({
    ...{ model, device, classes: 2, batch: 1, imageSize: size, feature, seed: 0 },
    method: { id: methodIds[0], config: {} },
    optimizer: { name: "adamw", beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0, headL2: 0 },
  });
  try {
    return (await trainer.encode(image, 1))[0];
  } finally {
    trainer.dispose();
  }
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
