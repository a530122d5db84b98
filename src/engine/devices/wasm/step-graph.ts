/**
 * The graph of one training step: forward pass, backward pass and optimiser. Its inputs hold the
 * trainables and the optimiser's moments, and its outputs are their next values. Frozen weights are
 * constants.
 */
import { Builder } from "../../graph/builder";
import type { Value } from "../../graph/value";
import type { OnnxOutput } from "../../onnx/writer";
import { createOptimizer, type Optimizer, penaltyOf } from "../../optim";
import { clipValue } from "../../optim/clip";
import type { UpdateOptions } from "../../training/device";
import type { TrainingGraph } from "../../training/graph";

export interface StepGraph {
  optimizer: Optimizer;
  /** Scalar inputs for the optimiser's settings by name, such as the learning rate "head". */
  hyper: ReadonlyMap<string, Value>;
  /** Inputs of the trainables, in the graph's order. */
  leaves: readonly Value[];
  /** Inputs of the moments: all first moments, then all second moments. */
  moments: readonly Value[];
  /**
   * Inputs for the gradients summed over the earlier micro-batches. Empty where a step is one
   * micro-batch.
   */
  sums: readonly Value[];
  /** Inputs that a step replaces: trainables, then moments. */
  state: readonly Value[];
  loss: OnnxOutput;
  /** The sums with this micro-batch's gradients added, in the order of the trainables. */
  gradients: readonly OnnxOutput[];
  /** The state after the step, in the order of `state`. */
  next: readonly OnnxOutput[];
}

export function createStepGraph(graph: TrainingGraph, { optimizer: spec, accumulates }: UpdateOptions): StepGraph {
  const b = new Builder();
  const optimizer = createOptimizer(spec);
  const leaves = graph.trainables.map((t) => t.leaf);
  const inputsLike = (kind: string) => leaves.map((leaf) => b.input(`${kind}/${leaf.name}`, leaf.shape));
  const moments = Array.from({ length: optimizer.moments }, (_, k) => inputsLike(`m${k}`));
  const sums = accumulates ? inputsLike("sum") : [];
  const gradients = graph.gradients.map((g, i) => (accumulates ? b.add(sums[i], g) : g));
  const hyper = new Map(["adapter", "head", ...optimizer.varying].map((name) => [name, b.input(`hyper/${name}`, [])]));
  const clipped = clippedGradients(b, graph, gradients, spec);
  const updates = graph.trainables.map(({ group }, i) =>
    optimizer.values(b, {
      p: leaves[i],
      gradient: clipped[i],
      moments: moments.map((kind) => kind[i]),
      lr: hyper.get(group)!,
      setting: (name) => hyper.get(name)!,
    }),
  );
  const nextMoments = moments.flatMap((_, k) => updates.map((u) => u.moments[k]));
  return {
    optimizer,
    hyper,
    leaves,
    moments: moments.flat(),
    sums,
    state: [...leaves, ...moments.flat()],
    loss: { name: "loss", value: graph.loss },
    gradients: namedOutputs("gradient", gradients),
    next: namedOutputs("next", [...updates.map((u) => u.p), ...nextMoments]),
  };
}

/**
 * Adds the gradient of the L2 penalty. Where the norm of all gradients exceeds `clipNorm`, scales
 * them down together.
 */
function clippedGradients(
  b: Builder,
  { trainables }: TrainingGraph,
  gradients: readonly Value[],
  spec: UpdateOptions["optimizer"],
): Value[] {
  const penalized = trainables.map((t, i) => {
    const l2 = penaltyOf(t, spec);
    return l2 === 0 ? gradients[i] : b.add(gradients[i], b.scale(t.leaf, l2));
  });
  if (!spec.clipNorm) return penalized;
  const factor = clipValue(b, penalized, spec.clipNorm);
  return penalized.map((gradient) => b.mul(gradient, factor));
}

const namedOutputs = (kind: string, values: readonly Value[]): OnnxOutput[] =>
  values.map((value, i) => ({ name: `${kind}/${i}`, value }));
