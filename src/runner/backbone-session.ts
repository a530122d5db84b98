/** A backbone in use: its file is read, parsed and opened in onnxruntime at most once each, and only when needed. */
import type { ResolvedBackbone } from "../bench/expand";
import type { FeatureKind, Model } from "../engine/types";
import { type DataFile, type ModelFiles, splitFiles } from "../models/files";
import type { FeatureRuntime, FeatureSession } from "../models/ort";

export interface BackboneSource extends ResolvedBackbone {
  /** The ONNX file, followed by its data files. */
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
  /** The data files, in their order. */
  external?: readonly DataFile[];
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
  openModel: (files: ModelFiles) => Promise<Model> | Model,
  runtime: FeatureRuntime,
): BackboneSession {
  let model: Promise<Model> | null = null;
  let features: Promise<FeatureSession> | null = null;
  const files = async () => splitFiles(await source.bytes(), source.external);
  return {
    ...source,
    kind: source.feature as FeatureKind,
    model: () => (model ??= files().then(openModel)),
    featureSession: () =>
      (features ??= files().then(({ bytes, external }) => runtime.open(bytes, source.name, external))),
    closeFeatures: async () => {
      const open = features;
      features = null;
      await (await open?.catch(() => null))?.dispose();
    },
  };
}
