/**
 * Backbone + method + head + loss as one graph, differentiated by its trainables, with the frozen
 * part cut off. It is plain data for a device's programs, and nothing here knows a device.
 */
import { adapt, HEAD_BIAS, HEAD_WEIGHT, leaf, type Trainable } from "../adapters/adapt";
import { plainFeature } from "../backbone/features";
import { gradients } from "../graph/autodiff";
import { Builder } from "../graph/builder";
import { rewrite } from "../graph/rewrite";
import { sizeOf } from "../graph/tensor";
import { dependents, topological, type Value } from "../graph/value";
import { verify } from "../graph/verify";
import { afterGradients, beforeGradients, forPrediction, runPasses } from "../passes";
import { fuseAttention } from "../passes/fuse-attention";
import { forInference } from "../passes/inference";
import type { FeatureKind, LossSpec, MethodSpec, Model } from "../types";
import { adjustsLogits, lossRows } from "./loss";

export interface TrainingGraph {
  batch: number;
  classes: number;
  featureWidth: number;
  image: Value;
  /** What a step reads for each image: the image itself, or the frozen part's results. */
  inputs: Value[];
  /** The frozen part's results in terms of `image`; null when nothing is cut off. */
  frozen: Value[] | null;
  cutAtFeatures: boolean;
  /** [B, C], [B], [D], [D] */
  targets: Value;
  weights: Value;
  mean: Value;
  rstd: Value;
  /** [C], added to the logits while training; null where the loss adds nothing. */
  adjustment: Value | null;
  /** [KEY_SIZE], the seed and step that dropout draws by; null where nothing is dropped. */
  key: Value | null;
  trainables: Trainable[];
  /** What the method keeps beside its trainables: leaves that are set but not trained. */
  buffers: Trainable[];
  loss: Value;
  /** [], by which the gradients are multiplied; null where they are the loss's own. */
  lossScale: Value | null;
  /** As predicted: nothing is dropped. */
  logits: Value;
  gradients: Value[];
}

/**
 * The frozen part that a trainer opens with itself: not a probe's whole backbone, whose features
 * come from elsewhere.
 */
export const encoderOf = ({ frozen, cutAtFeatures }: TrainingGraph): Value[] | null => (cutAtFeatures ? null : frozen);

/** Everything that is given to a step from outside, its trainables apart. */
export const fedOf = (graph: TrainingGraph): Value[] => [
  ...graph.inputs,
  graph.targets,
  graph.weights,
  graph.mean,
  graph.rstd,
  ...graph.buffers.map((t) => t.leaf),
  ...[graph.key, graph.adjustment].filter((leaf) => leaf !== null),
];

export interface GraphOptions {
  model: Model;
  method: MethodSpec;
  classes: number;
  batch: number;
  imageSize?: number;
  feature?: FeatureKind;
  loss?: LossSpec;
  cutFrozen?: boolean | "features";
  dropout?: boolean;
  /**
   * Attention without matrices of queries by keys: less memory, about twice its arithmetic in the
   * backward pass.
   */
  fusesAttention?: boolean;
  /**
   * For the engine's own kernels, of so many buffers at most: convolutions are matrix products,
   * sums of products one operator.
   */
  kernels?: { maxBuffers: number };
  /**
   * Whether the loss is scaled before it is differentiated, as gradients in half precision need it.
   */
  scalesLoss?: boolean;
}

/**
 * Splits the graph before the first trainable: values that the image alone decides become inputs of
 * what follows.
 */
function cutFrozen(
  image: Value,
  feature: Value,
  outputs: readonly Value[],
  leaves: readonly Value[],
  headLeaves: readonly Value[],
) {
  const order = topological(outputs);
  const trained = dependents(order, [...leaves, ...headLeaves]);
  const seen = dependents(order, [image]);
  const frontier: Value[] = [];
  for (const v of order) {
    if (!trained.has(v)) continue;
    for (const input of v.inputs)
      if (!trained.has(input) && seen.has(input) && !frontier.includes(input)) frontier.push(input);
  }
  if (frontier.length === 0 || (frontier.length === 1 && frontier[0] === image)) return null;
  return { frontier, atFeatures: frontier.length === 1 && frontier[0] === feature };
}

/** @throws RadaptError when the method finds no layer, or the model has no usable feature */
export function buildTrainingGraph(options: GraphOptions): TrainingGraph {
  const { batch, classes } = options;
  const b = new Builder();
  const { bound, plain } = plainFeature(options);
  const adapted = adapt(options.method, plain, bound);
  const width = plain.shape[1];
  const head = [
    { leaf: leaf([classes, width], HEAD_WEIGHT), name: HEAD_WEIGHT, shape: [classes, width] },
    { leaf: leaf([classes], HEAD_BIAS), name: HEAD_BIAS, shape: [classes] },
  ].map(
    (t): Trainable => ({ ...t, transposed: false, group: "head", initial: () => new Float32Array(sizeOf(t.shape)) }),
  );

  const targets = b.input("targets", [batch, classes]);
  const weights = b.input("weights", [batch]);
  const mean = b.input("mean", [width]);
  const rstd = b.input("rstd", [width]);
  const spec = options.loss ?? { name: "cross-entropy" };
  const adjustment = adjustsLogits(spec) ? b.input("logit adjustment", [classes]) : null;
  const drops = options.dropout ?? true;
  const changed = drops ? [adapted.feature] : forInference([adapted.feature]);
  let [feature] = runPasses(changed, beforeGradients);
  const logitsOf = (f: Value) => b.add(b.matmul(b.mul(b.sub(f, mean), rstd), head[0].leaf, false, true), head[1].leaf);
  let logits = logitsOf(feature);

  let inputs: Value[] = [bound.input];
  let frozen: Value[] | null = null;
  let cutAtFeatures = false;
  const wanted = options.cutFrozen ?? true;
  const cut = wanted
    ? cutFrozen(
        bound.input,
        feature,
        [logits],
        [...adapted.trainables, ...adapted.buffers].map((t) => t.leaf),
        [...head.map((t) => t.leaf), mean, rstd, ...(adapted.key ? [adapted.key] : [])],
      )
    : null;
  if (cut && (wanted !== "features" || cut.atFeatures)) {
    frozen = cut.frontier;
    cutAtFeatures = cut.atFeatures;
    const replaced = new Map(frozen.map((v, i) => [v, b.input(`frozen_${i}`, v.shape)]));
    inputs = [...replaced.values()];
    [logits] = rewrite([logits], b, (old) => replaced.get(old)).outputs;
    feature = replaced.get(feature) ?? feature;
  }
  // Behind the cut, so that what is kept of the frozen part is the same either way.
  if (options.fusesAttention) [logits] = verify(fuseAttention([logits]), "fusing attention");
  const written = b.reshape(b.sum(lossRows(b, spec, { logits, targets, weights, adjustment }), [0]), []);
  const all = [...adapted.trainables, ...head];
  const lossScale = options.scalesLoss ? b.input("loss scale", []) : null;
  const partials = gradients(
    b,
    lossScale ? b.mul(written, lossScale) : written,
    all.map((t) => t.leaf),
  );
  const used = all.filter((_, i) => partials[i] !== null);
  const found = partials.filter((g): g is Value => g !== null);
  const { kernels = null } = options;
  const [predicted] = runPasses(forInference([logits]), forPrediction(kernels));
  const [loss, ...grads] = runPasses(verify([written, ...found], "autodiff"), afterGradients(kernels));
  return {
    batch,
    classes,
    featureWidth: width,
    image: bound.input,
    inputs,
    frozen,
    cutAtFeatures,
    targets,
    weights,
    mean,
    rstd,
    adjustment,
    key: drops ? adapted.key : null,
    trainables: used,
    buffers: adapted.buffers,
    loss,
    lossScale,
    logits: predicted,
    gradients: grads,
  };
}
