/**
 * Training by a runtime of ONNX graphs: forward, backward and optimiser are one graph, whose inputs and outputs are
 * the trainables and their moments; frozen weights are its constants. A second graph gives the logits.
 */

import { Builder } from "../../graph/builder";
import { sizeOf } from "../../graph/tensor";
import type { Value } from "../../graph/value";
import { type MemoryUse, withFrozen } from "../../memory";
import { createOptimizer, penaltyOf } from "../../optim";
import { clipValue } from "../../optim/clip";
import { bytesOf } from "../../plan/memory";
import type {
  Device,
  InferenceProgram,
  TrainingProgram,
  TrainingProgramOptions,
  UpdateOptions,
} from "../../training/device";
import { encoderOf, fedOf, type TrainingGraph } from "../../training/graph";
import { graphBytes, openGraph } from "./graph";
import type { GraphRuntime } from "./runtime";

/** The optimiser written behind the gradients: the leaves that hold its state, and that state after a step. */
function withOptimizer(graph: TrainingGraph, { optimizer: spec, accumulates }: UpdateOptions) {
  const b = new Builder();
  const optimizer = createOptimizer(spec);
  const leaves = graph.trainables.map((t) => t.leaf);
  const besides = (kind: string) => leaves.map((leaf) => b.input(`${kind}/${leaf.name}`, leaf.shape));
  const moments = Array.from({ length: optimizer.moments }, (_, k) => besides(`m${k}`));
  /** Gradients of the step's passes before this one. */
  const sums = accumulates ? besides("sum") : [];
  const totals = graph.gradients.map((g, i) => (accumulates ? b.add(sums[i], g) : g));
  const hyper = new Map(["adapter", "head", ...optimizer.varying].map((name) => [name, b.input(`hyper/${name}`, [])]));
  const penalized = graph.trainables.map((t, i) => {
    const l2 = penaltyOf(t, spec);
    return l2 === 0 ? totals[i] : b.add(totals[i], b.scale(leaves[i], l2));
  });
  const factor = spec.clipNorm ? clipValue(b, penalized, spec.clipNorm) : null;
  const updates = graph.trainables.map(({ group }, i) =>
    optimizer.values(b, {
      p: leaves[i],
      gradient: factor ? b.mul(penalized[i], factor) : penalized[i],
      moments: moments.map((kind) => kind[i]),
      lr: hyper.get(group)!,
      setting: (name) => hyper.get(name)!,
    }),
  );
  const state = [...leaves, ...moments.flat()];
  const next = [...updates.map((u) => u.p), ...moments.flatMap((_, k) => updates.map((u) => u.moments[k]))];
  const lossOutput = { name: "loss", value: graph.loss };
  return {
    ...{ optimizer, hyper, leaves, moments: moments.flat(), state, sums, lossOutput },
    stepOutputs: [lossOutput, ...outputs("next", next)],
    gradientOutputs: outputs("gradient", totals),
  };
}

const outputs = (kind: string, values: readonly Value[]) => values.map((value, i) => ({ name: `${kind}/${i}`, value }));

/** The state as it goes into a step and as it comes out. */
const stateBytes = (state: readonly Value[]) => 8 * state.reduce((sum, leaf) => sum + sizeOf(leaf.shape), 0);

/** Both graphs hold the frozen weights. The runtime plans its memory itself: its activations are told as if it freed at once. */
function trainingBytes(graph: TrainingGraph, step: ReturnType<typeof withOptimizer>): MemoryUse {
  const { state, sums, stepOutputs, gradientOutputs } = step;
  const training = graphBytes([...stepOutputs, ...gradientOutputs].map((o) => o.value));
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

export function estimateWasm(graph: TrainingGraph, options: TrainingProgramOptions): ReturnType<Device["estimate"]> {
  const encoder = encoderOf(graph);
  const use = trainingBytes(graph, withOptimizer(graph, options));
  return { ...withFrozen(use, encoder && inferenceBytes(graph.image, encoder)), recomputed: 0, excess: null };
}

export async function createWasmTrainingProgram(
  runtime: GraphRuntime,
  graph: TrainingGraph,
  options: TrainingProgramOptions,
): Promise<TrainingProgram> {
  const made = withOptimizer(graph, options);
  const { optimizer, hyper, leaves, moments, state, sums, lossOutput, stepOutputs, gradientOutputs } = made;
  const passOutputs = [lossOutput, ...gradientOutputs];
  const logits = [{ name: "logits", value: graph.logits }];
  const { onProgress, signal } = options;
  onProgress?.(0, 2, "preparing the training graph");
  const training = await openGraph(runtime, [...stepOutputs, ...gradientOutputs]);
  onProgress?.(1, 2, "preparing the graph of predictions");
  const openInference = async () => {
    signal?.throwIfAborted();
    return openGraph(runtime, logits);
  };
  const inference = await openInference().catch((error: unknown) => {
    training.dispose();
    throw error;
  });
  onProgress?.(2, 2, "ready");

  /** Numbers of every leaf. Arrays are replaced, never changed. */
  const given = new Map<Value, Float32Array>(state.map((leaf) => [leaf, new Float32Array(sizeOf(leaf.shape))]));
  const give = (to: readonly Value[], arrays: readonly Float32Array[]) =>
    to.forEach((leaf, i) => given.set(leaf, arrays[i]));
  const zeros = sums.map((leaf) => new Float32Array(sizeOf(leaf.shape)));
  const trained = () => leaves.map((leaf) => given.get(leaf)!);
  const copies = (arrays: readonly Float32Array[]) => arrays.map((data) => data.slice());
  let steps = 0;
  let pending: number[] = [];
  let kept = trained();
  /** What the last step was given: its gradients are computed anew when somebody asks for them. */
  let last: ReadonlyMap<Value, Float32Array> = given;

  // Work is done in the order in which it was asked for. After a failure all that follows fails with it, up to a reset.
  let tail: Promise<unknown> = Promise.resolve();
  const enqueue = <R>(work: () => R | Promise<R>, after = tail): Promise<R> => {
    const done = after.then(work);
    tail = done;
    tail.catch(() => undefined);
    return done;
  };
  const settled = () => tail.catch(() => undefined);

  return {
    bytes: trainingBytes(graph, made),
    write: (values, resetOptimizer) => {
      const written = copies(values);
      void enqueue(
        () => {
          give(leaves, written);
          if (!resetOptimizer) return;
          for (const leaf of moments) given.set(leaf, new Float32Array(sizeOf(leaf.shape)));
          steps = 0;
        },
        resetOptimizer ? settled() : tail,
      );
    },
    read: () => enqueue(() => copies(trained())),
    readGradients: () => enqueue(() => training.run(last, gradientOutputs)),
    setPersistentInputs: (values) => {
      const arrays = copies([...values.values()]);
      void enqueue(() => give([...values.keys()], arrays));
    },
    writeBuffers: (values) => {
      const written = copies(values);
      void enqueue(() =>
        give(
          graph.buffers.map((t) => t.leaf),
          written,
        ),
      );
    },
    step: (parts, lr) => {
      const passes = parts.map(({ key, inputs, targets, weights }) => ({
        data: copies([...inputs, targets, weights]),
        key,
      }));
      void enqueue(async () => {
        const settings: Record<string, number> = { ...lr, ...optimizer.settings(++steps) };
        for (const [name, leaf] of hyper) given.set(leaf, Float32Array.of(settings[name]));
        give(sums, zeros);
        let total = 0;
        for (const [k, { data, key }] of passes.entries()) {
          give([...graph.inputs, graph.targets, graph.weights], data);
          if (graph.key) give([graph.key], [key]);
          if (k < passes.length - 1) {
            const [loss, ...gradients] = await training.run(given, passOutputs);
            total += loss[0];
            give(sums, gradients);
            continue;
          }
          const before = new Map(given);
          const [loss, ...after] = await training.run(given, stepOutputs);
          pending.push(total + loss[0]);
          give(state, after);
          // The moments do not enter the gradients: the old ones need not be kept.
          for (const leaf of moments) before.set(leaf, given.get(leaf)!);
          last = before;
        }
      });
    },
    losses: () =>
      enqueue(() => {
        const read = Float32Array.from(pending);
        pending = [];
        return read;
      }),
    predict: (inputs) => {
      const batch = copies(inputs);
      return enqueue(async () => {
        give(graph.inputs, batch);
        const [result] = await inference.run(given, logits);
        return result;
      });
    },
    snapshot: () =>
      void enqueue(() => {
        kept = trained();
      }),
    restore: () => void enqueue(() => give(leaves, kept)),
    idle: () => enqueue(() => undefined),
    dispose: () =>
      void settled().then(() => {
        training.dispose();
        inference.dispose();
      }),
  };
}
