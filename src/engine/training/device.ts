/**
 * What a device must do for training: run the frozen part, steps, predictions; keep the trainables.
 */
import type { Value } from "../graph/value";
import type { MemoryEstimate, MemoryUse } from "../memory";
import type { EngineDevice, OptimizerSpec, Precision } from "../types";
import type { TrainingGraph } from "./graph";

export interface InferenceProgram {
  readonly bytes: Omit<MemoryUse, "optimizer">;
  /**
   * Values of the outputs for one batch of images; the array is padded by the caller to the full
   * batch.
   */
  run(image: Float32Array): Promise<Float32Array[]>;
  dispose(): void;
}

/**
 * What one pass of a step reads: a full batch of the graph, padded by the caller; `key` is the
 * dropout's, where there is one.
 */
export interface MicroBatch {
  inputs: readonly Float32Array[];
  targets: Float32Array;
  weights: Float32Array;
  key: Float32Array;
}

/** How a program ends a step. */
export interface UpdateOptions {
  optimizer: OptimizerSpec;
  /**
   * Steps may have several passes, whose gradients add up before the one update: takes one more
   * buffer of their size.
   */
  accumulates: boolean;
}

export interface TrainingProgram {
  readonly bytes: MemoryUse;
  /**
   * Sets all trainables (in the graph's order and layout); moments and the step count start anew
   * when asked.
   */
  write(values: readonly Float32Array[], resetOptimizer: boolean): void;
  /** Sets what the method keeps beside its trainables, in the graph's order. */
  writeBuffers(values: readonly Float32Array[]): void;
  read(): Promise<Float32Array[]>;
  /**
   * Gradients of the last step over all its passes, in the graph's order and layout; without
   * penalty, unclipped.
   */
  readGradients(): Promise<Float32Array[]>;
  /**
   * Sets inputs that stay from step to step: standardisation, what is added to the logits. Each is
   * copied.
   */
  setPersistentInputs(values: ReadonlyMap<Value, Float32Array>): void;
  /**
   * One update from the gradients of all passes together. @param parts one, or several where the
   * program accumulates
   */
  step(parts: readonly MicroBatch[], lr: { adapter: number; head: number }): void;
  /** Of the steps since the last call: each the sum over its passes. */
  losses(): Promise<Float32Array>;
  /**
   * Steps since the optimiser began whose gradients overflowed, and which changed nothing; absent
   * where that cannot be.
   */
  overflows?(): Promise<number>;
  /** Logits of one full batch. */
  predict(inputs: readonly Float32Array[]): Promise<Float32Array>;
  snapshot(): void;
  restore(): void;
  idle(): Promise<void>;
  dispose(): void;
}

export interface TrainingProgramOptions extends UpdateOptions {
  /** How frozen weights and intermediate results are stored. Default f32. */
  precision?: Precision;
  /**
   * Bytes to stay within, where recomputing results instead of keeping them can achieve it.
   * Default: no bound.
   */
  memory?: number;
}

export interface CompileOptions {
  onProgress?: (done: number, total: number, what: string) => void;
  /** Ends compilation between kernels. */
  signal?: AbortSignal;
}

/** A training program before anything is allocated. Each device adds what it needs to create it. */
export interface TrainingProgramPlan {
  readonly graph: TrainingGraph;
  /**
   * What `createTrainingProgram` will allocate, and `createInferenceProgram` for the frozen part
   * that a trainer opens with itself.
   */
  readonly estimate: Omit<MemoryEstimate, "encoded">;
}

export interface Device<Plan extends TrainingProgramPlan = TrainingProgramPlan> extends EngineDevice {
  createInferenceProgram(image: Value, outputs: readonly Value[], signal?: AbortSignal): Promise<InferenceProgram>;
  /** Plans kernels and memory. Nothing is allocated. */
  planTraining(graph: TrainingGraph, options: TrainingProgramOptions): Plan;
  /** @param plan of the same device */
  createTrainingProgram(plan: Plan, options?: CompileOptions): Promise<TrainingProgram>;
}
