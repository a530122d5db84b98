/**
 * Training steps in the runtime. Micro-batches add up gradients, and the last one updates the
 * trainables.
 */
import type { Value } from "../../graph/value";
import type { TrainingGraph } from "../../training/graph";
import type { OpenGraph } from "./graph";
import type { TrainingState } from "./state";
import type { StepGraph } from "./step-graph";

export interface StepBatchData {
  /** Arrays of the graph's inputs, the targets and the weights, each for a full micro-batch. */
  data: readonly Float32Array[];
  /** Key of dropout's random numbers. */
  key: Float32Array;
}

export interface StepRunner {
  /** @returns the loss, summed over the micro-batches */
  run(parts: readonly StepBatchData[], lr: { adapter: number; head: number }): Promise<number>;
  /** Gradients of the last step, summed over its micro-batches. The runtime computes them again. */
  gradients(): Promise<Float32Array[]>;
  /** Clears the moments and the count of steps. */
  resetOptimizer(): void;
}

export function createStepRunner(
  graph: TrainingGraph,
  step: StepGraph,
  training: OpenGraph,
  state: TrainingState,
): StepRunner {
  let steps = 0;
  /** The inputs of the last update. Its gradients can be computed again from them. */
  let last: ReadonlyMap<Value, Float32Array> = state.given;

  const feed = ({ data, key }: StepBatchData) => {
    state.set([...graph.inputs, graph.targets, graph.weights], data);
    if (graph.key) state.set([graph.key], [key]);
  };

  const accumulate = async () => {
    const [loss, ...gradients] = await training.run(state.given, [step.loss, ...step.gradients]);
    state.set(step.sums, gradients);
    return loss[0];
  };

  const update = async () => {
    const before = new Map(state.given);
    const [loss, ...next] = await training.run(state.given, [step.loss, ...step.next]);
    state.set(step.state, next);
    // Gradients do not depend on the moments. `last` takes the new ones, so that the old ones can
    // be freed.
    for (const leaf of step.moments) before.set(leaf, state.given.get(leaf)!);
    last = before;
    return loss[0];
  };

  return {
    run: async (parts, lr) => {
      const settings: Record<string, number> = { ...lr, ...step.optimizer.settings(++steps) };
      for (const [name, leaf] of step.hyper) state.set([leaf], [Float32Array.of(settings[name])]);
      state.clearSums();
      let loss = 0;
      for (const [k, part] of parts.entries()) {
        feed(part);
        loss += k < parts.length - 1 ? await accumulate() : await update();
      }
      return loss;
    },
    gradients: () => training.run(last, step.gradients),
    resetOptimizer: () => {
      state.clearMoments();
      steps = 0;
    },
  };
}
