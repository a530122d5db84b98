/**
 * Training by a runtime of ONNX graphs: forward, backward and optimiser are one graph, whose inputs and outputs are
 * the trainables and their moments; frozen weights are its constants. A second graph gives the logits.
 */
import type { Executor } from "../executor";
import { Builder } from "../ir/builder";
import type { Value } from "../ir/value";
import { adamwValues, hyperOf } from "../optim/adamw";
import { sizeOf } from "../tensor";
import type { TrainingGraph } from "../training-graph";
import type { OptimizerSpec } from "../types";
import { openGraph } from "./graph";
import type { GraphRuntime } from "./runtime";

/** Scalars that change with every step. */
const HYPER = ["lrAdapter", "lrHead", "correction1", "correction2"] as const;

/** The optimiser written behind the gradients: the leaves that hold its state, and that state after a step. */
function withOptimizer(graph: TrainingGraph, optimizer: OptimizerSpec) {
  const b = new Builder();
  const leaves = graph.trainables.map((t) => t.leaf);
  const moments = (kind: string) => leaves.map((leaf) => b.input(`${kind}/${leaf.name}`, leaf.shape));
  const [m, v] = [moments("m"), moments("v")];
  const hyper = HYPER.map((name) => b.input(name, []));
  const [lrAdapter, lrHead, correction1, correction2] = hyper;
  const updates = graph.trainables.map((t, i) => {
    const isHead = t.group === "head";
    const l2 = isHead && t.shape.length === 2 ? optimizer.headL2 : 0;
    const inputs = { lr: isHead ? lrHead : lrAdapter, correction1, correction2 };
    return adamwValues(b, [leaves[i], graph.gradients[i], m[i], v[i]], optimizer, l2, inputs);
  });
  const state = [...leaves, ...m, ...v];
  const next = [...updates.map((u) => u.p), ...updates.map((u) => u.m), ...updates.map((u) => u.v)];
  return { hyper, leaves, moments: [...m, ...v], state, next };
}

const outputs = (kind: string, values: readonly Value[]) => values.map((value, i) => ({ name: `${kind}/${i}`, value }));

export async function createWasmExecutor(
  runtime: GraphRuntime,
  graph: TrainingGraph,
  optimizer: OptimizerSpec,
  onProgress?: (done: number, total: number, what: string) => void,
): Promise<Executor> {
  const { hyper, leaves, moments, state, next } = withOptimizer(graph, optimizer);
  const stepOutputs = [{ name: "loss", value: graph.loss }, ...outputs("next", next)];
  const gradientOutputs = outputs("gradient", graph.gradients);
  const logits = [{ name: "logits", value: graph.logits }];
  onProgress?.(0, 2, "preparing the training graph");
  const training = await openGraph(runtime, [...stepOutputs, ...gradientOutputs]);
  onProgress?.(1, 2, "preparing the graph of predictions");
  const inference = await openGraph(runtime, logits).catch((error: unknown) => {
    training.dispose();
    throw error;
  });
  onProgress?.(2, 2, "ready");

  /** Numbers of every leaf. Arrays are replaced, never changed. */
  const given = new Map<Value, Float32Array>(state.map((leaf) => [leaf, new Float32Array(sizeOf(leaf.shape))]));
  const give = (to: readonly Value[], arrays: readonly Float32Array[]) =>
    to.forEach((leaf, i) => given.set(leaf, arrays[i]));
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
  const optimizerBytes = 4 * state.reduce((sum, leaf) => sum + sizeOf(leaf.shape), 0);

  return {
    bytes: {
      weights: training.bytes.weights + inference.bytes.weights,
      activations: training.bytes.activations,
      optimizer: 2 * optimizerBytes,
    },
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
    setLasting: (values) => {
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
    step: (inputs, targets, weights, lr, key) => {
      const batch = copies([...inputs, targets, weights]);
      void enqueue(async () => {
        give([...graph.inputs, graph.targets, graph.weights], batch);
        if (graph.key) give([graph.key], [key]);
        const settings = hyperOf(optimizer, ++steps, lr);
        give(
          hyper,
          HYPER.map((name) => Float32Array.of(settings[name])),
        );
        const before = new Map(given);
        const [loss, ...after] = await training.run(given, stepOutputs);
        pending.push(loss[0]);
        give(state, after);
        // The moments do not enter the gradients: the old ones need not be kept.
        for (const leaf of moments) before.set(leaf, given.get(leaf)!);
        last = before;
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
