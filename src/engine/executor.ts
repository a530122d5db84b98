/** What a device must do for training: run the frozen part, steps, predictions; keep the trainables. */
import type { Value } from "./ir/value";
import type { TrainingGraph } from "./training-graph";
import type { EngineDevice, OptimizerSpec } from "./types";

export interface Evaluator {
  /** Values of the outputs for one batch of images; the array is padded by the caller to the full batch. */
  run(image: Float32Array): Promise<Float32Array[]>;
  dispose(): void;
}

export interface Executor {
  readonly bytes: { weights: number; activations: number; optimizer: number };
  /** Sets all trainables (in the graph's order and layout); moments and the step count start anew when asked. */
  write(values: readonly Float32Array[], resetOptimizer: boolean): void;
  /** Sets what the method keeps beside its trainables, in the graph's order. */
  writeBuffers(values: readonly Float32Array[]): void;
  read(): Promise<Float32Array[]>;
  /** Gradients of the last step, in the graph's order and layout. */
  readGradients(): Promise<Float32Array[]>;
  /** Sets inputs that stay from step to step: standardisation, what is added to the logits. Each is copied. */
  setLasting(values: ReadonlyMap<Value, Float32Array>): void;
  /** Inputs are full batches, padded by the caller; `key` is the dropout's, where the graph has one. */
  step(
    inputs: readonly Float32Array[],
    targets: Float32Array,
    weights: Float32Array,
    lr: { adapter: number; head: number },
    key: Float32Array,
  ): void;
  losses(): Promise<Float32Array>;
  /** Logits of one full batch. */
  predict(inputs: readonly Float32Array[]): Promise<Float32Array>;
  snapshot(): void;
  restore(): void;
  idle(): Promise<void>;
  dispose(): void;
}

export interface Backend extends EngineDevice {
  createEvaluator(image: Value, outputs: readonly Value[]): Promise<Evaluator>;
  createExecutor(
    graph: TrainingGraph,
    optimizer: OptimizerSpec,
    onProgress?: (done: number, total: number, what: string) => void,
  ): Promise<Executor>;
}
