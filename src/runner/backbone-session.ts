/**
 * A backbone in use. It reads its file, opens it in the engine and in onnxruntime when first
 * needed, and at most once each.
 */
import { canonicalJson } from "../base";
import type { ResolvedBackbone } from "../bench/expand";
import type { RunConfig } from "../bench/record";
import type { FeatureKind, Model } from "../engine/types";
import { computeFeatures } from "../models/features";
import { type DataFile, type ModelFiles, splitFiles } from "../models/files";
import type { FeatureRuntime, FeatureSession } from "../models/ort";
import { inputShape } from "../models/types";
import type { TrainingEngine } from "./engine";
import type { ComputeFeatures } from "./features";

export interface BackboneSource extends ResolvedBackbone {
  /** The ONNX file, followed by its data files. */
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
  /** The data files, in their order. */
  external?: readonly DataFile[];
}

/** Key of a backbone by what a run's configuration says of it. */
export const backboneKey = ({ sha256, preprocessing, feature, roles }: RunConfig["backbone"]): string =>
  canonicalJson({ sha256, preprocessing, feature, ...(roles && { roles }) });

export interface BackboneSession extends BackboneSource {
  readonly kind: FeatureKind;
  model(): Promise<Model>;
  /** Features from the file's outputs, by onnxruntime. */
  features(): Promise<ComputeFeatures>;
  /** Frees the onnxruntime session; the next call of `features` opens it again. */
  closeFeatures(): Promise<void>;
}

export function createBackboneSession(
  source: BackboneSource,
  openModel: TrainingEngine["openModel"],
  runtime: FeatureRuntime,
): BackboneSession {
  let model: Promise<Model> | null = null;
  let features: Promise<FeatureSession> | null = null;
  const kind = source.feature as FeatureKind;
  const files = async () => splitFiles(await source.bytes(), source.external);
  const { preprocessing, roles } = source;
  const open = ({ bytes, external }: ModelFiles) =>
    openModel(bytes, { imageSize: preprocessing.size, roles, external: (location) => external.get(location) });
  return {
    ...source,
    kind,
    model: () => (model ??= files().then(open)),
    features: async () => {
      features ??= files().then(({ bytes, external }) => runtime.open(bytes, source.name, external));
      const session = await features;
      return (images, count) => computeFeatures(session, kind, images, count, inputShape(preprocessing));
    },
    closeFeatures: async () => {
      const open = features;
      features = null;
      await (await open?.catch(() => null))?.dispose();
    },
  };
}
