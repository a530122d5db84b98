/**
 * Opens the two graphs of a training program in the runtime: the training step and the predictions.
 */
import type { CompileOptions } from "../../training/device";
import type { TrainingGraph } from "../../training/graph";
import { type OpenGraph, openGraphSession } from "./graph";
import type { GraphRuntime } from "./runtime";
import type { StepGraph } from "./step-graph";

export interface TrainingSessions {
  /** Fetches any of the step graph's outputs. */
  training: OpenGraph;
  /** @returns logits of one full batch */
  predict(given: Parameters<OpenGraph["run"]>[0]): Promise<Float32Array>;
  dispose(): void;
}

/**
 * Opens both graphs. If the second one fails, it frees the first.
 *
 * @throws RadaptError where memory runs out
 * @throws the signal's reason when aborted
 */
export async function openSessions(
  runtime: GraphRuntime,
  graph: TrainingGraph,
  { loss, next, gradients }: StepGraph,
  { onProgress, signal }: CompileOptions,
): Promise<TrainingSessions> {
  onProgress?.(0, 2, "preparing the training graph");
  const training = await openGraphSession(runtime, [loss, ...next, ...gradients]);
  try {
    onProgress?.(1, 2, "preparing the graph of predictions");
    signal?.throwIfAborted();
    const logits = [{ name: "logits", value: graph.logits }];
    const inference = await openGraphSession(runtime, logits);
    onProgress?.(2, 2, "ready");
    return {
      training,
      predict: async (given) => (await inference.run(given, logits))[0],
      dispose: () => {
        training.dispose();
        inference.dispose();
      },
    };
  } catch (error) {
    training.dispose();
    throw error;
  }
}
