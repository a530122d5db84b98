/**
 * Training through a runtime of ONNX graphs. One graph holds the forward pass, the backward pass
 * and the optimiser. A second one computes the logits. Calls return at once: a queue does the work
 * in order, on copies of the caller's arrays.
 */
import type { CompileOptions, TrainingProgram } from "../../training/device";
import type { WasmPlan } from "./memory";
import type { GraphRuntime } from "./runtime";
import { openSessions } from "./sessions";
import { createTrainingState } from "./state";
import { createStepRunner } from "./steps";
import { createWorkQueue } from "./work-queue";

const copies = (arrays: Iterable<Float32Array>) => Array.from(arrays, (data) => data.slice());

export async function createWasmTrainingProgram(
  runtime: GraphRuntime,
  { graph, step, bytes }: WasmPlan,
  options: CompileOptions,
): Promise<TrainingProgram> {
  const sessions = await openSessions(runtime, graph, step, options);
  const state = createTrainingState(step);
  const steps = createStepRunner(graph, step, sessions.training, state);
  const queue = createWorkQueue();
  let pendingLosses: number[] = [];
  let snapshot = state.trainables();

  return {
    bytes,
    write: (values, resetOptimizer) => {
      const written = copies(values);
      const write = () => state.set(step.leaves, written);
      const writeAndReset = () => {
        write();
        steps.resetOptimizer();
      };
      void (resetOptimizer ? queue.restart(writeAndReset) : queue.add(write));
    },
    read: () => queue.add(() => copies(state.trainables())),
    readGradients: () => queue.add(() => steps.gradients()),
    setPersistentInputs: (values) => {
      const [leaves, arrays] = [[...values.keys()], copies(values.values())];
      void queue.add(() => state.set(leaves, arrays));
    },
    writeBuffers: (values) => {
      const written = copies(values);
      const leaves = graph.buffers.map(({ leaf }) => leaf);
      void queue.add(() => state.set(leaves, written));
    },
    step: (parts, lr) => {
      const copied = parts.map(({ key, inputs, targets, weights }) => ({
        data: copies([...inputs, targets, weights]),
        key,
      }));
      void queue.add(async () => void pendingLosses.push(await steps.run(copied, lr)));
    },
    losses: () =>
      queue.add(() => {
        const read = Float32Array.from(pendingLosses);
        pendingLosses = [];
        return read;
      }),
    predict: (inputs) => {
      const batch = copies(inputs);
      return queue.add(() => {
        state.set(graph.inputs, batch);
        return sessions.predict(state.given);
      });
    },
    snapshot: () =>
      void queue.add(() => {
        snapshot = state.trainables();
      }),
    restore: () => void queue.add(() => state.set(step.leaves, snapshot)),
    idle: () => queue.add(() => undefined),
    dispose: () => void queue.restart(() => sessions.dispose()),
  };
}
