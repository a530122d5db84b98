/**
 * Keeps trainers between runs, because building one costs parsing, planning and shader compilation,
 * while another fold or seed only resets it. Disposes of the least recently used ones when all
 * together hold too much memory.
 */
import { canonicalJson } from "../base";
import { totalBytes } from "../engine/memory";
import type { Trainer, TrainerOptions } from "../engine/types";
import type { BackboneSession } from "./backbone-session";
import type { TrainingEngine } from "./engine";
import { createFeatureEncoder, type FeatureEncoder } from "./engine-features";
import { assertPossible, planTrainer, type TrainerPlan, type TrainerTools } from "./trainer-plan";
import type { TrainerRequest } from "./trainer-request";

export interface TrainerTake extends TrainerRequest {
  backbone: BackboneSession;
  seed: number;
  onProgress?: TrainerOptions["onProgress"];
  signal?: AbortSignal;
  /** Called before a trainer is built, and not when one is reused. */
  onPlan?: (plan: TrainerPlan) => void;
}

export interface PooledTrainer {
  readonly trainer: Trainer;
  /** Images per step. */
  readonly batch: number;
  readonly microBatch: number;
  /** Outputs of the frozen part by image name, kept with the trainer. */
  readonly encoded: Map<string, Float32Array[]>;
}

export interface TrainerPool extends Pick<FeatureEncoder, "features"> {
  /** The trainer, freshly reset to the seed. */
  take(request: TrainerTake): Promise<PooledTrainer>;
  dispose(): void;
}

export interface TrainerPoolOptions extends TrainerTools, Pick<TrainingEngine, "createTrainer"> {
  /** Device memory of the trainer in use and of those kept beside it, bytes. */
  poolBytes: number;
}

export function createTrainerPool(options: TrainerPoolOptions): TrainerPool {
  /** In order of last use. */
  const pool = new Map<string, PooledTrainer>();
  /** By backbone and method, because the frozen part's outputs do not depend on the batch. */
  const encodings = new Map<string, Map<string, Float32Array[]>>();

  const build = async ({ backbone, seed, onProgress, onPlan, signal, ...request }: TrainerTake) => {
    const plan = await planTrainer(request, backbone, options);
    assertPossible(plan);
    onPlan?.(plan);
    const trainer = await options.createTrainer({ ...plan.options, seed, onProgress, signal });
    return { trainer, batch: request.batch, microBatch: plan.microBatch };
  };

  const encodingOf = (kind: string) => {
    const known = encodings.get(kind) ?? new Map<string, Float32Array[]>();
    encodings.set(kind, known);
    return known;
  };

  const encoder = createFeatureEncoder(options);

  const held = () => [...pool.values()].reduce((sum, entry) => sum + deviceBytes(entry), 0);

  /** Disposes of the least recently used trainers, and of encodings that no trainer shares. */
  const makeRoomFor = (entry: PooledTrainer) => {
    for (const [key, old] of pool) {
      if (held() + deviceBytes(entry) <= options.poolBytes) break;
      old.trainer.dispose();
      pool.delete(key);
      if (![entry, ...pool.values()].some(({ encoded }) => encoded === old.encoded)) old.encoded.clear();
    }
  };

  return {
    take: async (request) => {
      const { backbone, seed, images, onProgress, onPlan, signal, ...asked } = request;
      const { sha256, preprocessing, feature, roles } = backbone;
      const kind = canonicalJson({ sha256, preprocessing, feature, method: asked.method, ...(roles && { roles }) });
      const key = canonicalJson({ kind, ...asked });
      const found = pool.get(key);
      const entry = found ?? { ...(await build(request)), encoded: encodingOf(kind) };
      pool.delete(key);
      makeRoomFor(entry);
      pool.set(key, entry);
      if (found) entry.trainer.reset(seed);
      return entry;
    },
    features: encoder.features,
    dispose: () => {
      encoder.dispose();
      for (const { trainer } of pool.values()) trainer.dispose();
      pool.clear();
      encodings.clear();
    },
  };
}

const deviceBytes = ({ trainer }: PooledTrainer) => totalBytes(trainer.bytes);
