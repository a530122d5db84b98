/**
 * Training without a GPU, in the interpreter. It is slow. The tests compare the faster devices with
 * it.
 */

import { bytesOf } from "../graph/cost";
import { interpret } from "../graph/interpret";
import { sizeOf, type Tensor, tensor } from "../graph/tensor";
import { topological, type Value } from "../graph/value";
import type { MemoryUse } from "../memory";
import { createOptimizer, penaltyOf } from "../optim";
import { clipFactor } from "../optim/clip";
import type { Device, MicroBatch, TrainingProgram, TrainingProgramPlan, UpdateOptions } from "../training/device";
import { fedOf, type TrainingGraph } from "../training/graph";
import type { EngineDevice } from "../types";

/**
 * The graph holds the weights anyway, so they count as 0. The interpreter keeps every result until
 * a step ends.
 */
function trainingMemory(graph: TrainingGraph, { optimizer, accumulates }: UpdateOptions): MemoryUse {
  const made = topological([graph.loss, ...graph.gradients]).filter((v) => v.inputs.length > 0);
  const arrays = 3 + createOptimizer(optimizer).moments + (accumulates ? 1 : 0);
  return {
    weights: 0,
    activations: bytesOf(made),
    workspace: bytesOf(fedOf(graph)),
    optimizer: arrays * bytesOf(graph.trainables.map((t) => t.leaf)),
  };
}

function createTrainingProgram(graph: TrainingGraph, { optimizer: spec, accumulates }: UpdateOptions): TrainingProgram {
  const optimizer = createOptimizer(spec);
  const { clipNorm = 0 } = spec;
  const sizes = graph.trainables.map((t) => sizeOf(t.leaf.shape));
  const penalties = graph.trainables.map((t) => penaltyOf(t, spec));
  const zeros = () => sizes.map((n) => new Float32Array(n));
  const zeroMoments = () => sizes.map((n) => Array.from({ length: optimizer.moments }, () => new Float32Array(n)));
  const parameters = zeros();
  let moments = zeroMoments();
  let [best, lastGradients]: Float32Array[][] = [zeros(), zeros()];
  let steps = 0;
  let pending: number[] = [];
  const leaves = new Map<Value, Tensor>();
  const set = (leaf: Value, data: Float32Array) => leaves.set(leaf, tensor(leaf.shape, data));
  graph.trainables.forEach((t, i) => set(t.leaf, parameters[i]));
  const feed = (inputs: readonly Float32Array[]) => graph.inputs.forEach((leaf, i) => set(leaf, inputs[i]));
  /**
   * Computes the loss and the gradients of one micro-batch.
   *
   * @param sums gradients of the earlier micro-batches, to which these are added, or null for the
   *   first one
   */
  const runMicroBatch = ({ inputs, targets, weights, key }: MicroBatch, sums: Float32Array[] | null) => {
    feed(inputs);
    if (graph.key) set(graph.key, key);
    set(graph.targets, targets);
    set(graph.weights, weights);
    const [loss, ...results] = interpret([graph.loss, ...graph.gradients], leaves);
    const gradients = results.map((g) => g.data as Float32Array);
    return {
      loss: loss.data[0],
      gradients: sums ? sums.map((sum, k) => sum.map((g, i) => g + gradients[k][i])) : gradients,
    };
  };

  /** The factor by which clipping multiplies all gradients. */
  const clippingFactor = () => {
    if (!clipNorm) return 1;
    let squares = 0;
    lastGradients.forEach((g, k) => {
      for (let i = 0; i < g.length; i++) squares += (g[i] + penalties[k] * parameters[k][i]) ** 2;
    });
    return clipFactor(squares, clipNorm);
  };

  return {
    bytes: trainingMemory(graph, { optimizer: spec, accumulates }),
    write: (values, resetOptimizer) => {
      values.forEach((data, i) => parameters[i].set(data));
      if (!resetOptimizer) return;
      moments = zeroMoments();
      steps = 0;
    },
    writeBuffers: (values) => graph.buffers.forEach((t, i) => set(t.leaf, values[i])),
    read: async () => parameters.map((p) => p.slice()),
    readGradients: async () => lastGradients.map((g) => g.slice()),
    setPersistentInputs: (values) => {
      for (const [leaf, data] of values) set(leaf, data.slice());
    },
    step: (parts, lr) => {
      let total = 0;
      parts.forEach((part, k) => {
        const { loss, gradients } = runMicroBatch(part, k > 0 ? lastGradients : null);
        total += loss;
        lastGradients = gradients;
      });
      pending.push(total);
      const settings = optimizer.settings(++steps);
      const scale = clippingFactor();
      graph.trainables.forEach(({ group }, k) => {
        const [p, g, l2] = [parameters[k], lastGradients[k], penalties[k]];
        optimizer.update(p, moments[k], (i) => scale * (g[i] + l2 * p[i]), lr[group], settings);
      });
    },
    losses: async () => {
      const read = Float32Array.from(pending);
      pending = [];
      return read;
    },
    predict: async (inputs) => {
      feed(inputs);
      return interpret([graph.logits], leaves)[0].data as Float32Array;
    },
    snapshot: () => {
      best = parameters.map((p) => p.slice());
    },
    restore: () => best.forEach((p, i) => parameters[i].set(p)),
    idle: async () => {},
    dispose: () => leaves.clear(),
  };
}

interface CpuPlan extends TrainingProgramPlan {
  update: UpdateOptions;
}

/** Creates a device that runs the reference interpreter. */
export function createCpuDevice(): EngineDevice {
  const backend: Device<CpuPlan> = {
    info: {
      kind: "cpu",
      label: "CPU (reference)",
      vendor: "",
      architecture: "",
      description: "the engine's reference interpreter",
      software: true,
      features: [],
      limits: {},
    },
    lost: new Promise(() => {}),
    createInferenceProgram: async (image, outputs) => ({
      bytes: { weights: 0, activations: 0, workspace: 0 },
      run: async (data) =>
        interpret(outputs, new Map([[image, tensor(image.shape, data)]])).map((t) => t.data as Float32Array),
      dispose: () => {},
    }),
    planTraining: (graph, update) => ({
      graph,
      update,
      estimate: { ...trainingMemory(graph, update), recomputed: 0, excess: null },
    }),
    createTrainingProgram: async ({ graph, update }) => createTrainingProgram(graph, update),
    dispose: () => {},
  };
  return backend;
}
