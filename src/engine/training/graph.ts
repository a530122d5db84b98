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
import { adjustsLogits, DEFAULT_LOSS, lossRows } from "../losses";
import { afterCut, afterGradients, beforeCut, forPrediction, runPasses } from "../passes";
import type { FeatureKind, LossSpec, MethodSpec, Model } from "../types";

export interface TrainingGraph {
  batch: number;
  classes: number;
  featureWidth: number;
  image: Value;
  /** Inputs of a step for each image: the image itself, or the frozen part's results. */
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
  /** [], the factor of loss and gradients in half precision. null where they are not scaled. */
  lossScale: Value | null;
  /** [B, C] for predictions, without dropout and adjustment. */
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

/** The linear classifier behind the feature, zeros at the start. */
function createHead(classes: number, width: number): Trainable[] {
  const trainable = (name: string, shape: readonly number[]): Trainable => ({
    leaf: leaf(shape, name),
    name,
    shape,
    transposed: false,
    group: "head",
    initial: () => new Float32Array(sizeOf(shape)),
  });
  return [trainable(HEAD_WEIGHT, [classes, width]), trainable(HEAD_BIAS, [classes])];
}

/** What every step is given beside its images. */
function createInputs(b: Builder, { batch, classes }: GraphOptions, width: number, loss: LossSpec) {
  return {
    targets: b.input("targets", [batch, classes]),
    weights: b.input("weights", [batch]),
    mean: b.input("mean", [width]),
    rstd: b.input("rstd", [width]),
    adjustment: adjustsLogits(loss) ? b.input("logit adjustment", [classes]) : null,
  };
}

/** The head on the standardised feature: logits [B, C]. */
function headLogits(
  b: Builder,
  feature: Value,
  [weight, bias]: readonly Trainable[],
  { mean, rstd }: Pick<TrainingGraph, "mean" | "rstd">,
): Value {
  const standardized = b.mul(b.sub(feature, mean), rstd);
  return b.add(b.matmul(standardized, weight.leaf, false, true), bias.leaf);
}

/**
 * The values at which a cut separates the frozen part: they depend on the image and on nothing that
 * is trained, and a value that depends on a trainable reads them.
 */
function frontierOf(image: Value, logits: Value, trained: readonly Value[]): Value[] {
  const order = topological([logits]);
  const moving = dependents(order, trained);
  const fromImage = dependents(order, [image]);
  const frontier = new Set<Value>();
  for (const v of order)
    if (moving.has(v)) for (const x of v.inputs) if (!moving.has(x) && fromImage.has(x)) frontier.add(x);
  return [...frontier];
}

type Cut = Pick<TrainingGraph, "inputs" | "frozen" | "cutAtFeatures"> & { logits: Value };

/**
 * Cuts off the part of the graph that no trainable changes. Its results become inputs of the rest.
 *
 * @param trained leaves that change from step to step or from run to run
 * @param wanted "features" cuts only where the whole backbone is frozen
 */
function cutFrozen(
  b: Builder,
  { image, feature, logits }: { image: Value; feature: Value; logits: Value },
  trained: readonly Value[],
  wanted: boolean | "features",
): Cut {
  const frozen = wanted ? frontierOf(image, logits, trained) : [];
  const isAlone = (v: Value) => frozen.length === 1 && frozen[0] === v;
  const cutAtFeatures = isAlone(feature);
  const isCut = frozen.length > 0 && !isAlone(image) && (wanted !== "features" || cutAtFeatures);
  if (!isCut) return { inputs: [image], frozen: null, cutAtFeatures: false, logits };
  const replaced = new Map(frozen.map((v, i) => [v, b.input(`frozen_${i}`, v.shape)]));
  const { outputs } = rewrite([logits], b, (old) => replaced.get(old));
  return { inputs: [...replaced.values()], frozen, cutAtFeatures, logits: outputs[0] };
}

/**
 * The gradients of the loss by the trainables that it depends on.
 *
 * @param lossScale factor of the gradients, or null
 */
function differentiate(b: Builder, loss: Value, lossScale: Value | null, trainables: readonly Trainable[]) {
  const scaled = lossScale ? b.mul(loss, lossScale) : loss;
  const partials = gradients(
    b,
    scaled,
    trainables.map((t) => t.leaf),
  );
  return {
    trainables: trainables.filter((_, i) => partials[i] !== null),
    gradients: partials.filter((g): g is Value => g !== null),
  };
}

/** @throws RadaptError when the method finds no layer, or the model has no usable feature */
export function buildTrainingGraph(options: GraphOptions): TrainingGraph {
  const { batch, classes, kernels = null, fusesAttention = false, dropout: drops = true } = options;
  const spec = options.loss ?? { name: DEFAULT_LOSS };
  const b = new Builder();

  // The adapted backbone with its head.
  const { bound, plain } = plainFeature(options);
  const image = bound.input;
  const adapted = adapt(options.method, plain, bound);
  const featureWidth = plain.shape[1];
  const head = createHead(classes, featureWidth);
  const given = createInputs(b, options, featureWidth, spec);
  const [feature] = runPasses([adapted.feature], beforeCut({ drops }));
  const whole = { image, feature, logits: headLogits(b, feature, head, given) };

  // The part that each step computes, up to the loss.
  const all = [...adapted.trainables, ...head];
  const trained = [...all, ...adapted.buffers].map((t) => t.leaf);
  const settings = [given.mean, given.rstd, ...(adapted.key ? [adapted.key] : [])];
  const cut = cutFrozen(b, whole, [...trained, ...settings], options.cutFrozen ?? true);
  const [logits] = runPasses([cut.logits], afterCut({ fusesAttention }));
  const written = b.reshape(b.sum(lossRows(b, spec, { ...given, logits }), [0]), []);

  // The backward pass.
  const lossScale = options.scalesLoss ? b.input("loss scale", []) : null;
  const derived = differentiate(b, written, lossScale, all);

  const [predicted] = runPasses([logits], forPrediction(kernels));
  const step = verify([written, ...derived.gradients], "autodiff");
  const [loss, ...grads] = runPasses(step, afterGradients(kernels));
  return {
    ...given,
    batch,
    classes,
    featureWidth,
    image,
    inputs: cut.inputs,
    frozen: cut.frozen,
    cutAtFeatures: cut.cutAtFeatures,
    key: drops ? adapted.key : null,
    trainables: derived.trainables,
    buffers: adapted.buffers,
    loss,
    lossScale,
    logits: predicted,
    gradients: grads,
  };
}
