/**
 * What the engine promises to the layers above it: parse a model, train an adapter on it, read
 * results back. Shapes are row-major; every tensor that crosses this door is float32 unless said
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
 * Where the arithmetic happens. `wasm` is the processor through WebAssembly; `cpu` the reference
 * interpreter: right, slow, always there.
 */
export type DeviceKind = "webgpu" | "wasm" | "cpu";

export interface DeviceInfo {
  kind: DeviceKind;
  /** What a person recognises, e.g. "Apple M2 (metal-3)" or "SwiftShader (software)". */
  label: string;
  vendor: string;
  architecture: string;
  description: string;
  /** True when the adapter says that it is a software fallback. */
  software: boolean;
  features: string[];
  limits: Record<string, number>;
}

/**
 * A device that runs graphs; `createWebGpuDevice`, `createWasmDevice` or `createCpuDevice` makes
 * one.
 */
export interface EngineDevice {
  readonly info: DeviceInfo;
  /** Resolves with the reason when the device is lost; never for the CPU. */
  readonly lost: Promise<string>;
  dispose(): void;
}

/**
 * A layer of the backbone that a method can adapt, found from structure and named after the
 * exporter's module scope.
 */
export interface LayerInfo {
  /** PyTorch module path, e.g. "layers.0.self_attn.q_proj". */
  module: string;
  /** "linear" or "conv". */
  kind: "linear" | "conv";
  /**
   * What the layer does: "attn.q", "attn.k", "attn.v", "attn.qkv", "attn.kv", "attn.out", "mlp.up",
   * "mlp.down", "mlp.gate", "patch", "merge" (patch merging), "conv", "head"; "" if unknown. A
   * manifest may give other roles.
   */
  role: string;
  inFeatures: number;
  outFeatures: number;
}

export interface ModelInfo {
  /**
   * Name of the image input and its shape [3, H, W]; H and W are 0 when the file leaves them free.
   */
  input: { name: string; shape: [number, number, number] };
  outputs: { name: string; shape: number[] }[];
  opset: number;
  producer: string;
  /**
   * Number of float weights; position tables and tokens that are stored without a name included.
   */
  parameters: number;
  layers: LayerInfo[];
  /** Op types with their counts. */
  ops: Record<string, number>;
  /**
   * What a person should know of how the file was stored, e.g. that its weights were 8-bit
   * integers.
   */
  notes: string[];
  /**
   * Relative difference from onnxruntime's features that the file's own arithmetic explains: 1e-3
   * for float32.
   */
  tolerance: number;
  /**
   * The head inputs that there are (see `featureKinds`), each with its width or the reason why this
   * model lacks it.
   */
  features: FeatureOption[];
  /**
   * What the backbone lacks that a method may need (`AdapterDef.needs`), whatever its settings,
   * each with the reason, e.g. { tokens: "no attention, hence no tokens" }.
   */
  lacks: { tokens?: string };
  /** What is not sure about the layers' roles, or cannot be trained, in words for a person. */
  warnings: string[];
}

/** A parsed model: immutable, independent of any device, cheap to keep. */
export interface Model {
  readonly info: ModelInfo;
}

/** A fine-tuning method and its settings; ids come from the adapters' registry. */
export interface MethodSpec {
  id: string;
  config: Record<string, unknown>;
}

export type { MemoryEstimate, MemoryUse } from "./memory";
export type { LossSpec, OptimizerInput, OptimizerSpec };

/** The head's input: a kind of feature (see `featureKinds`). */
export type FeatureKind = "auto" | "pooled" | "cls" | "mean" | "cls+mean" | "cls4" | "cls4+mean";

/** One kind of head input, for one model. */
export interface FeatureOption {
  kind: FeatureKind;
  /** D, or null where the model cannot give it. */
  width: number | null;
  /** Why not. */
  reason?: string;
}

/** "f16" is mixed precision: storage in half, arithmetic and trainables in float32. */
export type Precision = "f32" | "f16";

/** What decides a trainer's graph, kernels and memory. */
export interface TrainerPlanOptions {
  model: Model;
  device: EngineDevice;
  method: MethodSpec;
  classes: number;
  /** Images per step, at most; smaller batches are padded with zero weights by the trainer. */
  batch: number;
  /**
   * Images that the device takes at a time, at most: a step with more goes through in passes whose
   * gradients add up to the whole batch's. Saves memory, costs time. 0 or absent = the whole batch.
   */
  microBatch?: number;
  /** Image height and width where the file leaves them free. */
  imageSize?: number;
  feature?: FeatureKind;
  optimizer: OptimizerInput;
  /** Default cross-entropy. */
  loss?: LossSpec;
  /**
   * Cut off what precedes the first trainable, so that its output can be cached per image. Default
   * true; "features" cuts only where the whole backbone goes, and otherwise leaves steps that read
   * images.
   */
  cutFrozen?: boolean | "features";
  /** Drop inputs at random while training, where the method asks for it. Default true. */
  dropout?: boolean;
  /**
   * Bytes that a trainer should stay within on WebGPU: where it would take more, its backward pass
   * computes results of the forward pass again instead of keeping them, which changes no number;
   * where even that is not enough, attention stores no matrix, which changes roundings. Default: no
   * bound.
   */
  memory?: number;
  /**
   * "f16" stores frozen weights and intermediate results as 16-bit floats, with a scaled loss;
   * needs a WebGPU device with the feature shader-f16. Trainables, gradients and moments stay
   * float32. Default "f32".
   */
  precision?: Precision;
}

/** A trainer before anything is allocated, from `planTraining`. */
export interface TrainingPlan {
  /** What the trainer will take on its device: exact on WebGPU. */
  readonly estimate: MemoryEstimate;
}

export interface TrainerOptions extends TrainerPlanOptions {
  /** Seeds the initial values of trainables and what dropout drops. */
  seed: number;
  /** From `planTraining` with the same options. Absent: the trainer plans itself. */
  plan?: TrainingPlan;
  onProgress?: (done: number, total: number, what: string) => void;
  /** Ends the making of a trainer early. */
  signal?: AbortSignal;
}

/**
 * Per-image tensors that a training step reads: the images, or the frozen part's outputs when it is
 * cut off.
 */
export interface TrainerInput {
  name: string;
  /** Shape of one image's share, without the batch axis. */
  shape: number[];
}

export interface StepBatch {
  /** One array per trainer input, [n, ...shape] with n ≤ batch. */
  inputs: Float32Array[];
  /**
   * [n, C] target distribution (one-hot for plain labels); `lossTargets` makes it with class
   * weights and smoothing.
   */
  targets: Float32Array;
  /** [n] weights of the images' losses; they sum to 1 for a weighted mean. */
  weights: Float32Array;
}

export interface Trainer {
  /** What a step reads for each image. */
  readonly inputs: TrainerInput[];
  /**
   * True when `inputs` are the frozen part's outputs rather than images; then `encode` makes them.
   */
  readonly cut: boolean;
  /** True when the only input is the feature vector [D] itself (linear probe). */
  readonly cutAtFeatures: boolean;
  readonly featureWidth: number;
  /** Every trainable, PEFT checkpoint names, PyTorch orientation. */
  readonly trainables: { name: string; shape: number[]; group: "adapter" | "head" }[];
  readonly trainableParameters: number;
  /** Allocated on the device. */
  readonly bytes: MemoryUse;
  /**
   * Initialise trainables (and optimiser state) anew from a seed: the trainer is reused across
   * folds and seeds.
   */
  reset(seed: number): void;
  /**
   * Frozen standardisation of the features before the head, (x − mean) / std, both [D]; identity
   * after construction.
   */
  setStandardization(mean: Float32Array, std: Float32Array): void;
  /**
   * [C] numbers that a loss with an `adjustment` adds to the logits while training; zero after
   * construction and `reset`.
   * @throws RangeError for other losses, and for another number of classes
   */
  setLogitAdjustment(values: Float32Array): void;
  /**
   * Runs the frozen part: images [n, 3, H, W] → one array per input, [n, ...shape]. n may exceed
   * the batch.
   */
  encode(images: Float32Array, count: number): Promise<Float32Array[]>;
  /**
   * Enqueues one optimisation step, however many passes it takes; its loss can be read later with
   * `losses`. Learning rates for this step.
   */
  step(batch: StepBatch, lr: { adapter: number; head: number }): void;
  /**
   * Losses (before each update) of the steps since the last call, in order; waits for the device.
   */
  losses(): Promise<Float32Array>;
  /**
   * Steps since the trainables were set whose gradients overflowed in half precision: they changed
   * nothing.
   */
  overflows(): Promise<number>;
  /**
   * Gradients of the last step by name, PyTorch orientation; those of the loss alone, unclipped.
   */
  gradients(): Promise<NamedTensor[]>;
  /** Logits [n, C] with the current trainables; n may exceed the batch. */
  predict(inputs: Float32Array[], count: number): Promise<Float32Array>;
  /** Keeps a copy of the trainables on the device (one slot), and brings it back. */
  snapshot(): void;
  restore(): void;
  /**
   * Trainables as PEFT names them, and what the method keeps beside them (VeRA's projections).
   * Standardisation is folded into the head.
   */
  exportTrainables(): Promise<NamedTensor[]>;
  /**
   * Sets trainables by name; a wrong name or shape is refused, naming the first mismatch. A missing
   * one is refused too, unless `partial`: then it takes its initial value.
   */
  importTrainables(tensors: NamedTensor[], options?: { partial?: boolean }): void;
  /** Resolves when all enqueued work is done. */
  idle(): Promise<void>;
  dispose(): void;
}
