/**
 * What a device does for training: it runs the frozen part, steps and predictions, and keeps the
 * trainables.
 */
import type { Value } from "../graph/value";
import type { MemoryEstimate, MemoryUse } from "../memory";
import type { EngineDevice, OptimizerSpec, Precision } from "../types";
import type { TrainingGraph } from "./graph";

export interface InferenceProgram {
  readonly bytes: Omit<MemoryUse, "optimizer">;
  /** Values of the outputs for one batch of images. The caller pads the array to the full batch. */
  run(image: Float32Array): Promise<Float32Array[]>;
  dispose(): void;
}

/**
 * What a step reads for one micro-batch: a full batch of the graph, which the caller pads. `key` is
 * the dropout's, if there is one.
 */
export interface MicroBatch {
  inputs: readonly Float32Array[];
  targets: Float32Array;
  weights: Float32Array;
  key: Float32Array;
}

/** How a program ends a step: with one update. */
export interface UpdateOptions {
  optimizer: OptimizerSpec;
  /**
   * True if a step may have several micro-batches. Their gradients add up before the update, in one
   * more buffer of their size.
   */
  accumulates: boolean;
}

export interface TrainingProgram {
  readonly bytes: MemoryUse;
  /**
   * Sets all trainables, in the graph's order and layout. On request, moments and the step count
   * start again.
   */
  write(values: readonly Float32Array[], resetOptimizer: boolean): void;
  /** Sets what the method keeps beside its trainables, in the graph's order. */
  writeBuffers(values: readonly Float32Array[]): void;
  read(): Promise<Float32Array[]>;
  /**
   * Gradients of the last step over all its micro-batches, in the graph's order and layout, without
   * penalty and unclipped.
   */
  readGradients(): Promise<Float32Array[]>;
  /**
   * Sets inputs that persist from step to step: the standardisation, and what is added to the
   * logits. The program copies them.
   */
  setPersistentInputs(values: ReadonlyMap<Value, Float32Array>): void;
  /**
   * Does one update from the gradients of all micro-batches.
   *
   * @param microBatches one, or several if the program accumulates
   */
  step(microBatches: readonly MicroBatch[], lr: { adapter: number; head: number }): void;
  /** Losses of the steps since the last call, each the sum over its micro-batches. */
  losses(): Promise<Float32Array>;
  /**
   * Number of steps since the optimiser began whose gradients overflowed. These steps changed
   * nothing. Absent on devices that cannot overflow.
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
