/**
 * Trainers kept between runs: building one costs parsing, planning and shader compilation, while folds and seeds only
 * reset it. The least recently used ones go when together they hold too much.
 */
import { canonicalJson } from "../base";
import type {
  EngineDevice,
  LossSpec,
  MethodSpec,
  Model,
  OptimizerSpec,
  Trainer,
  TrainerOptions,
} from "../engine/types";
import type { BackboneSession } from "./backbone-session";
import { createFeatureTrainer, engineFeatures } from "./engine-features";
import type { ComputeFeatures } from "./features";
import { inputBytes } from "./inputs";

export interface TrainerRequest {
  backbone: BackboneSession;
  method: MethodSpec;
  classes: number;
  /** Images per step of a method that reads images or what the frozen part makes of them. */
  batch: number;
  /** Of these the device takes so many at a time; 0 = all. Features are small and pass at once. */
  microBatch: number;
  /** Images per step of a method that reads features alone: all of them. */
  fullBatch: number;
  optimizer: OptimizerSpec;
  loss: LossSpec;
  /** Steps read images even where layers before the first trainable could be computed once; features alone are still cached. */
  readsImages: boolean;
  /** Images whose encoded inputs would be kept, to decide whether that fits. */
  images: number;
  seed: number;
  onProgress?: TrainerOptions["onProgress"];
}

export interface PooledTrainer {
  readonly trainer: Trainer;
  readonly batch: number;
  /** Outputs of the frozen part by image name, kept with the trainer. */
  readonly encoded: Map<string, Float32Array[]>;
}

type Built = Pick<PooledTrainer, "trainer" | "batch">;

export interface TrainerPool {
  /** The trainer, freshly reset to the seed. */
  take(request: TrainerRequest): Promise<PooledTrainer>;
  /** Features by the engine, for kinds that no output of the file holds. The last one asked for is kept. */
  features(backbone: BackboneSession): Promise<ComputeFeatures>;
  dispose(): void;
}

export interface TrainerPoolOptions {
  createTrainer(options: TrainerOptions): Promise<Trainer>;
  device: EngineDevice;
  /** Device memory for trainers at rest, bytes. */
  poolBytes: number;
  /** Device memory that one trainer should stay within, bytes. */
  trainerBytes: number;
  /** Memory for the encoded inputs of one trainer, bytes; beyond it images go through the frozen part at every step. */
  encodedBytes: number;
}

export function createTrainerPool(options: TrainerPoolOptions): TrainerPool {
  /** In order of last use. */
  const pool = new Map<string, PooledTrainer>();
  /** Backbone and method pairs whose trainer reads features alone. */
  const featureReaders = new Set<string>();
  /** By backbone and method: what the frozen part gives does not depend on the batch. */
  const encodings = new Map<string, Map<string, Float32Array[]>>();

  const build = async (request: TrainerRequest, batch: number, microBatch: number, model: Model): Promise<Built> => {
    const base: TrainerOptions = {
      model,
      device: options.device,
      method: request.method,
      classes: request.classes,
      batch,
      microBatch,
      imageSize: request.backbone.preprocessing.size,
      feature: request.backbone.kind,
      ...{ optimizer: request.optimizer, loss: request.loss },
      ...(request.readsImages && { cutFrozen: "features" as const }),
      seed: request.seed,
      memory: options.trainerBytes,
      onProgress: request.onProgress,
    };
    const trainer = await options.createTrainer(base);
    if (!trainer.cut || trainer.cutAtFeatures || inputBytes(trainer) * request.images <= options.encodedBytes)
      return { trainer, batch };
    trainer.dispose();
    return { trainer: await options.createTrainer({ ...base, cutFrozen: false }), batch };
  };

  const buildFitting = async (request: TrainerRequest, readsFeatures: boolean): Promise<Built> => {
    const model = await request.backbone.model();
    const first = readsFeatures
      ? await build(request, request.fullBatch, 0, model)
      : await build(request, request.batch, request.microBatch, model);
    const { cutAtFeatures } = first.trainer;
    if (!cutAtFeatures || (first.batch === request.fullBatch && (readsFeatures || !request.microBatch))) return first;
    first.trainer.dispose();
    return build(request, request.fullBatch, 0, model);
  };

  const encodingOf = (kind: string) => {
    const known = encodings.get(kind) ?? new Map<string, Float32Array[]>();
    encodings.set(kind, known);
    return known;
  };

  let encoder: { backbone: BackboneSession; trainer: Trainer } | null = null;

  const held = () => [...pool.values()].reduce((sum, entry) => sum + bytesOf(entry), 0);

  return {
    take: async (request) => {
      const { backbone, method, classes, optimizer, loss, readsImages } = request;
      const { sha256, preprocessing, feature, roles } = backbone;
      const kind = canonicalJson({ sha256, preprocessing, feature, method, ...(roles && { roles }) });
      const keyOf = (batch: number) => {
        const microBatch = featureReaders.has(kind) ? 0 : request.microBatch;
        return canonicalJson({ kind, classes, optimizer, loss, readsImages, batch, microBatch });
      };
      const key = keyOf(featureReaders.has(kind) ? request.fullBatch : request.batch);
      const found = pool.get(key);
      const entry = found ?? {
        ...(await buildFitting(request, featureReaders.has(kind))),
        encoded: encodingOf(kind),
      };
      if (entry.trainer.cutAtFeatures) featureReaders.add(kind);
      pool.delete(key);
      for (const [oldKey, old] of pool) {
        if (held() + bytesOf(entry) <= options.poolBytes) break;
        old.trainer.dispose();
        pool.delete(oldKey);
        if (![entry, ...pool.values()].some(({ encoded }) => encoded === old.encoded)) old.encoded.clear();
      }
      pool.set(keyOf(entry.batch), entry);
      if (found) entry.trainer.reset(request.seed);
      return entry;
    },
    features: async (backbone) => {
      if (encoder?.backbone !== backbone) {
        encoder?.trainer.dispose();
        encoder = null;
        const { kind: feature, preprocessing } = backbone;
        const source = { model: await backbone.model(), device: options.device, feature, size: preprocessing.size };
        encoder = { backbone, trainer: await createFeatureTrainer(source, options.createTrainer) };
      }
      return engineFeatures(encoder.trainer);
    },
    dispose: () => {
      encoder?.trainer.dispose();
      encoder = null;
      for (const { trainer } of pool.values()) trainer.dispose();
      pool.clear();
      encodings.clear();
    },
  };
}

function bytesOf({ trainer }: PooledTrainer): number {
  return trainer.bytes.weights + trainer.bytes.activations + trainer.bytes.optimizer;
}
