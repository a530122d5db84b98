/**
 * The types that the layers above the engine use: they parse a model, train an adapter on it and
 * read the results. Arrays are row-major. Every tensor here is float32 unless a comment says
 * otherwise.
 */

import type { LossSpec } from "./losses";
import type { MemoryEstimate, MemoryUse } from "./memory";
import type { OptimizerInput, OptimizerSpec } from "./optim";

/** A named tensor on the CPU. */
export interface NamedTensor {
  name: string;
  shape: number[];
  data: Float32Array;
}

/**
 * Where computations run. `wasm` is the processor through WebAssembly. `cpu` is the reference
 * interpreter, which is correct and slow and works everywhere.
 */
export type DeviceKind = "webgpu" | "wasm" | "cpu";

/** A device's description and limits. */
export interface DeviceInfo {
  kind: DeviceKind;
  /** A name that a person recognises, e.g. "Apple M2 (metal-3)" or "SwiftShader (software)". */
  label: string;
  vendor: string;
  architecture: string;
  description: string;
  /** Whether the adapter is a software fallback. */
  software: boolean;
  features: string[];
  limits: Record<string, number>;
}

/**
 * A device that runs graphs. `createWebGpuDevice`, `createWasmDevice` or `createCpuDevice` creates
 * one.
 */
export interface EngineDevice {
  readonly info: DeviceInfo;
  /**
   * Resolves with the reason when the device is lost. Never resolves for devices on the processor.
   */
  readonly lost: Promise<string>;
  dispose(): void;
}

/**
 * A layer of the backbone that a method can adapt. It is found from structure and has the name of
 * the exporter's module scope.
 */
export interface LayerInfo {
  /** PyTorch module path, e.g. "layers.0.self_attn.q_proj". */
  module: string;
  kind: "linear" | "conv";
  /**
   * What the layer does: "attn.q", "attn.k", "attn.v", "attn.qkv", "attn.kv", "attn.out", "mlp.up",
   * "mlp.down", "mlp.gate", "patch", "merge" (patch merging), "conv", "head", or "" if unknown. A
   * manifest may set other roles.
   */
  role: string;
  inFeatures: number;
  outFeatures: number;
}

/** What a file contains and what was recognised in it. */
export interface ModelInfo {
  /** Name and shape [3, H, W] of the image input. H and W are 0 where the file leaves them free. */
  input: { name: string; shape: [number, number, number] };
  outputs: { name: string; shape: number[] }[];
  opset: number;
  producer: string;
  /**
   * Number of float weights. It includes position tables and tokens that the file stores without a
   * name.
   */
  parameters: number;
  layers: LayerInfo[];
  /** Number of nodes for each operator type. */
  ops: Record<string, number>;
  /**
   * What a person should know about how the file stores its numbers, e.g. that its weights were
   * 8-bit integers.
   */
  notes: string[];
  /**
   * Relative difference from onnxruntime's features that the file's own arithmetic explains. 1e-3
   * for float32.
   */
  tolerance: number;
  /**
   * Every kind of feature (see `featureKinds`), with its width, or with the reason why this model
   * lacks it.
   */
  features: FeatureOption[];
  /**
   * What the backbone lacks that a method may need whatever its settings (`AdapterDef.needs`), with
   * the reason, e.g. { tokens: "no attention, hence no tokens" }.
   */
  lacks: { tokens?: string };
  /**
   * What is uncertain about the layers' roles, and what cannot be trained, in words for a person.
   */
  warnings: string[];
}

/** A parsed model. It is immutable, depends on no device, and is cheap to keep. */
export interface Model {
  readonly info: ModelInfo;
}

/** A fine-tuning method and its settings. `methodIds` lists the ids. */
export interface MethodSpec {
  id: string;
  config: Record<string, unknown>;
}

export type { MemoryEstimate, MemoryUse } from "./memory";
export type { LossSpec, OptimizerInput, OptimizerSpec };

/** The kind of feature that the head reads (see `featureKinds`). */
export type FeatureKind = "auto" | "pooled" | "cls" | "mean" | "cls+mean" | "cls4" | "cls4+mean";

/** One kind of feature of one model. */
export interface FeatureOption {
  kind: FeatureKind;
  /** Width D, or null where the model lacks this feature. */
  width: number | null;
  /** Why the model lacks it. */
  reason?: string;
}

/**
 * "f16" is mixed precision: memory holds 16-bit floats, while arithmetic and trainables are
 * float32.
 */
export type Precision = "f32" | "f16";

/** The options that determine a trainer's graph, kernels and memory. */
export interface TrainerPlanOptions {
  model: Model;
  device: EngineDevice;
  method: MethodSpec;
  classes: number;
  /**
   * Largest number of images per step. The trainer pads smaller batches with images of weight zero.
   */
  batch: number;
  /**
   * Largest number of images that the device processes at a time. A larger step accumulates the
   * gradients of several micro-batches. This saves memory and costs time. 0 or absent: the whole
   * batch.
   */
  microBatch?: number;
  /** Image height and width where the file leaves them free. */
  imageSize?: number;
  feature?: FeatureKind;
  optimizer: OptimizerInput;
  /** Default: cross-entropy. */
  loss?: LossSpec;
  /**
   * Whether to cut off the part of the backbone before the first trainable, so that its output can
   * be cached per image. "features" cuts only where this is the whole backbone; otherwise steps
   * read images. Default: true.
   */
  cutFrozen?: boolean | "features";
  /** Whether dropout is active while training, for methods that use it. Default: true. */
  dropout?: boolean;
  /**
   * Largest number of bytes of a trainer on WebGPU. If a trainer would exceed it, the backward pass
   * recomputes values of the forward pass, which changes no number. If that is not enough,
   * attention stores no matrix of scores, which changes roundings. Default: no bound.
   */
  memory?: number;
  /**
   * "f16" stores frozen weights and intermediate results as 16-bit floats and scales the loss.
   * Trainables, gradients and moments stay float32. It needs a WebGPU device with the feature
   * shader-f16. Default: "f32".
   */
  precision?: Precision;
}

/** A planned trainer without any memory on a device. `planTraining` creates one. */
export interface TrainingPlan {
  /** The memory that the trainer will take on its device. It is exact on WebGPU. */
  readonly estimate: MemoryEstimate;
}

/** The options of `createTrainer`. */
export interface TrainerOptions extends TrainerPlanOptions {
  /** Seeds the initial values of trainables and the masks of dropout. */
  seed: number;
  /** A plan from `planTraining` with the same options. Absent: the trainer makes its own plan. */
  plan?: TrainingPlan;
  onProgress?: (done: number, total: number, what: string) => void;
  /** Aborts the creation of the trainer. */
  signal?: AbortSignal;
}

/**
 * A tensor that a training step reads for each image: the image, or an output of the frozen part.
 */
export interface TrainerInput {
  name: string;
  /** Shape for one image, without the batch axis. */
  shape: number[];
}

/** The images of one step. */
export interface StepBatch {
  /** One array per trainer input, [n, ...shape] with n ≤ batch. */
  inputs: Float32Array[];
  /**
   * Target distributions [n, C], one-hot for plain labels. `targetsOf` makes them, with class
   * weights and label smoothing.
   */
  targets: Float32Array;
  /** Weights [n] of the images' losses. For a weighted mean, they must sum to 1. */
  weights: Float32Array;
}

/** Trains one method on one device. */
export interface Trainer {
  /** What a step reads for each image. */
  readonly inputs: TrainerInput[];
  /** Whether `inputs` are the frozen part's outputs, which `encode` computes, instead of images. */
  readonly cut: boolean;
  /** Whether the only input is the feature vector [D], as for a linear probe. */
  readonly cutAtFeatures: boolean;
  readonly featureWidth: number;
  /** Every trainable, with its name in a PEFT checkpoint and its shape in PyTorch's orientation. */
  readonly trainables: { name: string; shape: number[]; group: "adapter" | "head" }[];
  readonly trainableParameters: number;
  /** Memory on the device. */
  readonly bytes: MemoryUse;
  /**
   * Draws the trainables again from a seed and clears the optimiser's state. One trainer can then
   * serve several folds and seeds.
   */
  reset(seed: number): void;
  /**
   * Sets the fixed standardisation of the feature before the head, (x − mean) / std, both [D]. A
   * new trainer uses the identity.
   */
  setStandardization(mean: Float32Array, std: Float32Array): void;
  /**
   * Sets the numbers [C] that a loss with an `adjustment` adds to the logits while training. They
   * are zero after construction and `reset`.
   *
   * @throws RangeError for other losses, and for another number of classes
   */
  setLogitAdjustment(values: Float32Array): void;
  /**
   * Runs the frozen part on images [n, 3, H, W] and returns one array per input, [n, ...shape]. n
   * may exceed the batch.
   */
  encode(images: Float32Array, count: number): Promise<Float32Array[]>;
  /**
   * Enqueues one optimisation step, in as many micro-batches as it needs. `losses` reads its loss
   * later.
   *
   * @param lr learning rates of this step
   */
  step(batch: StepBatch, lr: { adapter: number; head: number }): void;
  /**
   * Losses of the steps since the last call, in order, each before the step's update. Waits for the
   * device.
   */
  losses(): Promise<Float32Array>;
  /**
   * Number of steps, since the trainables were last set, whose gradients overflowed in half
   * precision. Such a step changes nothing.
   */
  overflows(): Promise<number>;
  /**
   * Gradients of the last step by name, in PyTorch's orientation. They are those of the loss alone,
   * before clipping and weight decay.
   */
  gradients(): Promise<NamedTensor[]>;
  /** Logits [n, C] with the current trainables. n may exceed the batch. */
  predict(inputs: Float32Array[], count: number): Promise<Float32Array>;
  /** Keeps a copy of the trainables on the device. There is room for one copy. */
  snapshot(): void;
  /** Brings the copy of `snapshot` back. */
  restore(): void;
  /**
   * The trainables with PEFT's names, and what the method stores beside them (VeRA's projections).
   * The head includes the standardisation.
   */
  exportTrainables(): Promise<NamedTensor[]>;
  /**
   * Sets trainables by name. With `partial`, a missing trainable takes its initial value.
   *
   * @throws RadaptError `adapter.mismatch` naming the first tensor whose name or shape does not
   *   fit, or that is missing
   */
  importTrainables(tensors: NamedTensor[], options?: { partial?: boolean }): void;
  /** Resolves when the device has finished all enqueued work. */
  idle(): Promise<void>;
  dispose(): void;
}
