/**
 * Estimates the bytes that the WASM device takes. The runtime plans its memory itself, so this
 * assumes that it frees each value after its last use.
 */
import { bytesOf } from "../../graph/cost";
import { sizeOf } from "../../graph/tensor";
import { topological, type Value } from "../../graph/value";
import { type MemoryUse, withFrozen } from "../../memory";
import { activationBytes, weightBytes } from "../../plan/memory";
import type { InferenceProgram, TrainingProgramPlan, UpdateOptions } from "../../training/device";
import { encoderOf, fedOf, type TrainingGraph } from "../../training/graph";
import { createStepGraph, type StepGraph } from "./step-graph";

/** Bytes of a graph's weights, and peak bytes of its computed values. */
const graphBytes = (outputs: readonly Value[]) => ({
  weights: weightBytes(topological(outputs)),
  activations: activationBytes(outputs),
});

/** A step holds the state twice: as input and as output. */
const stateBytes = (state: readonly Value[]) => 8 * state.reduce((sum, leaf) => sum + sizeOf(leaf.shape), 0);

/** The training session and the session of predictions each hold the frozen weights. */
function trainingBytes(graph: TrainingGraph, { state, sums, loss, next, gradients }: StepGraph): MemoryUse {
  const training = graphBytes([loss, ...next, ...gradients].map((output) => output.value));
  return {
    weights: training.weights + graphBytes([graph.logits]).weights,
    activations: training.activations,
    optimizer: stateBytes([...state, ...sums]),
    workspace: bytesOf(fedOf(graph)),
  };
}

export const inferenceBytes = (image: Value, outputs: readonly Value[]): InferenceProgram["bytes"] => ({
  ...graphBytes(outputs),
  workspace: bytesOf([image]),
});

/** A training program's plan: its step graph, and the memory that it takes. */
export interface WasmPlan extends TrainingProgramPlan {
  step: StepGraph;
  /** Bytes of the training program without the frozen part. */
  bytes: MemoryUse;
}

export function planWasmTraining(graph: TrainingGraph, options: UpdateOptions): WasmPlan {
  const step = createStepGraph(graph, options);
  const bytes = trainingBytes(graph, step);
  const encoder = encoderOf(graph);
  const all = withFrozen(bytes, encoder && inferenceBytes(graph.image, encoder));
  return { graph, step, bytes, estimate: { ...all, recomputed: 0, excess: null } };
}
