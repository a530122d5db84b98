/** The executor without a GPU: the reference interpreter. Right and slow; enough for linear probes and for checking. */
import type { Backend, Executor } from "./executor";
import type { Value } from "./ir/value";
import { hyperOf, updateSlice } from "./optim/adamw";
import { evaluate } from "./ref";
import { sizeOf, type Tensor, tensor } from "./tensor";
import type { TrainingGraph } from "./training-graph";
import type { EngineDevice, OptimizerSpec } from "./types";

function createExecutor(graph: TrainingGraph, optimizer: OptimizerSpec): Executor {
  const sizes = graph.trainables.map((t) => sizeOf(t.leaf.shape));
  const zeros = () => sizes.map((n) => new Float32Array(n));
  const parameters = zeros();
  let [m, v]: Float32Array[][] = [zeros(), zeros()];
  let [kept, lastGradients]: Float32Array[][] = [zeros(), zeros()];
  let steps = 0;
  let pending: number[] = [];
  const leaves = new Map<Value, Tensor>();
  const set = (leaf: Value, data: Float32Array) => leaves.set(leaf, tensor(leaf.shape, data));
  graph.trainables.forEach((t, i) => set(t.leaf, parameters[i]));
  const feed = (inputs: readonly Float32Array[]) => graph.inputs.forEach((leaf, i) => set(leaf, inputs[i]));
  return {
    bytes: { weights: 0, activations: 0, optimizer: 16 * sizes.reduce((a, b) => a + b, 0) },
    write: (values, resetOptimizer) => {
      values.forEach((data, i) => parameters[i].set(data));
      if (!resetOptimizer) return;
      [m, v] = [zeros(), zeros()];
      steps = 0;
    },
    writeBuffers: (values) => graph.buffers.forEach((t, i) => set(t.leaf, values[i])),
    read: async () => parameters.map((p) => p.slice()),
    readGradients: async () => lastGradients.map((g) => g.slice()),
    setLasting: (values) => {
      for (const [leaf, data] of values) set(leaf, data.slice());
    },
    step: (inputs, targets, weights, lr, key) => {
      feed(inputs);
      if (graph.key) set(graph.key, key);
      set(graph.targets, targets);
      set(graph.weights, weights);
      const [loss, ...gradients] = evaluate([graph.loss, ...graph.gradients], leaves);
      pending.push(loss.data[0]);
      lastGradients = gradients.map((g) => g.data as Float32Array);
      const hyper = hyperOf(optimizer, ++steps, lr);
      graph.trainables.forEach((t, i) => {
        const isHead = t.group === "head";
        const l2 = isHead && t.shape.length === 2 ? hyper.headL2 : 0;
        updateSlice(parameters[i], lastGradients[i], m[i], v[i], isHead ? hyper.lrHead : hyper.lrAdapter, l2, hyper);
      });
    },
    losses: async () => {
      const read = Float32Array.from(pending);
      pending = [];
      return read;
    },
    predict: async (inputs) => {
      feed(inputs);
      return evaluate([graph.logits], leaves)[0].data as Float32Array;
    },
    snapshot: () => {
      kept = parameters.map((p) => p.slice());
    },
    restore: () => kept.forEach((p, i) => parameters[i].set(p)),
    idle: async () => {},
    dispose: () => leaves.clear(),
  };
}

/** The reference interpreter as a device. */
export function createCpuDevice(): EngineDevice {
  const backend: Backend = {
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
    createEvaluator: async (image, outputs) => ({
      run: async (data) =>
        evaluate(outputs, new Map([[image, tensor(image.shape, data)]])).map((t) => t.data as Float32Array),
      dispose: () => {},
    }),
    createExecutor: async (graph, optimizer) => createExecutor(graph, optimizer),
    dispose: () => {},
  };
  return backend;
}
