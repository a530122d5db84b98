/** A backbone in use: its file is read, parsed and opened in onnxruntime at most once each, and only when needed. */
import type { ResolvedBackbone } from "../bench/expand";
import type { FeatureKind, Model } from "../engine/types";
import type { FeatureRuntime, FeatureSession } from "../models/ort";

export interface BackboneSource extends ResolvedBackbone {
  /** The ONNX file. */
  bytes(): Promise<Uint8Array>;
}

export interface BackboneSession extends BackboneSource {
  readonly kind: FeatureKind;
  model(): Promise<Model>;
  featureSession(): Promise<FeatureSession>;
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
  return {
    ...source,
    kind: source.feature as FeatureKind,
    model: () => (model ??= source.bytes().then(openModel)),
    featureSession: () => (features ??= source.bytes().then((bytes) => runtime.open(bytes, source.name))),
    closeFeatures: async () => {
      const open = features;
      features = null;
      await (await open?.catch(() => null))?.dispose();
    },
  };
}
