/** A backbone in use: its file is read, parsed and opened in onnxruntime at most once each, and only when needed. */
import type { ResolvedBackbone } from "../bench/expand";
import type { FeatureKind, Model } from "../engine/types";
import { computeFeatures } from "../models/features";
import type { FeatureRuntime, FeatureSession } from "../models/ort";
import type { ComputeFeatures } from "./features";

export interface BackboneSource extends ResolvedBackbone {
  /** The ONNX file. */
  bytes(): Promise<Uint8Array>;
}

export interface BackboneSession extends BackboneSource {
  readonly kind: FeatureKind;
  model(): Promise<Model>;
  /** Features from the file's outputs, by onnxruntime. */
  features(): Promise<ComputeFeatures>;
  /** Frees the onnxruntime session; it opens anew when wanted again. */
  closeFeatures(): Promise<void>;
}

export function createBackboneSession(
  source: BackboneSource,
  openModel: (bytes: Uint8Array) => Promise<Model> | Model,
  runtime: FeatureRuntime,
): BackboneSession {
  let model: Promise<Model> | null = null;
  let features: Promise<FeatureSession> | null = null;
  const kind = source.feature as FeatureKind;
  return {
    ...source,
    kind,
    model: () => (model ??= source.bytes().then(openModel)),
    features: async () => {
      features ??= source.bytes().then((bytes) => runtime.open(bytes, source.name));
      const session = await features;
      return (images, count) => computeFeatures(session, kind, images, count, source.preprocessing.size);
    },
    closeFeatures: async () => {
      const open = features;
      features = null;
      await (await open?.catch(() => null))?.dispose();
    },
  };
}
