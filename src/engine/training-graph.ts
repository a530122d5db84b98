/**
 * Backbone + method + head + loss as one graph, differentiated by its trainables, with the frozen part cut off: plain data
 * for an executor. Nothing here knows a device.
 */
import { RadaptError } from "../base/error";
import type { Prng } from "../base/prng";
import { adapterOf } from "./adapters";
import { completeConfig } from "./adapters/define";
import { gradients } from "./autodiff";
import { featureValue } from "./features";
import { Builder } from "./ir/builder";
import { rewrite } from "./ir/rewrite";
import { dependents, topological, type Value } from "./ir/value";
import { verify } from "./ir/verify";
import type { Layer } from "./layers";
import { type Backbone, bindModel, type OpenedModel } from "./model";
import { foldFrozen } from "./passes/fold";
import { foldScales } from "./passes/fold-scales";
import { fuseLayerNorm } from "./passes/layer-norm";
import { sizeOf } from "./tensor";
import type { FeatureKind, MethodSpec, Model } from "./types";

export interface Trainable {
  /** The leaf "Trainable" in the graph. */
  leaf: Value;
  /** PEFT checkpoint name. */
  name: string;
  /** Shape under that name; the leaf's is its transpose where `transposed`. */
  shape: readonly number[];
  transposed: boolean;
  group: "adapter" | "head";
  /** Initial numbers, in the leaf's layout. */
  initial: (prng: Prng) => Float32Array;
}

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
  trainables: Trainable[];
  loss: Value;
  logits: Value;
  gradients: Value[];
}

export interface GraphOptions {
  model: Model;
  method: MethodSpec;
  classes: number;
  batch: number;
  imageSize?: number;
  feature?: FeatureKind;
  cutFrozen?: boolean;
}

const PREFIX = "base_model.model.";
export const HEAD_WEIGHT = `${PREFIX}classifier.weight`;
export const HEAD_BIAS = `${PREFIX}classifier.bias`;

let leafId = -1;

function leaf(shape: readonly number[], name: string): Value {
  return { id: leafId--, op: "Trainable", inputs: [], attrs: {}, shape: [...shape], dtype: "f32", name, scope: "" };
}

/** The backbone's feature with the method's changes, and what is to be trained. */
function adapt(
  options: GraphOptions,
  feature: Value,
  { layers, parameters, parameterRoles }: Pick<Backbone, "layers" | "parameters" | "parameterRoles">,
): { feature: Value; trainables: Trainable[] } {
  const b = new Builder();
  const def = adapterOf(options.method.id);
  const reached = new Set(topological([feature]));
  const trainables = new Map<string, Trainable>();
  const updates = new Map<Value, { layer: Layer; update: (x: Value) => Value }[]>();
  const unfrozen = new Map<Value, Value>();
  def.apply({
    b,
    layers: layers.filter((l) => reached.has(l.product)),
    parameters: parameters.filter((v) => reached.has(v)),
    parameterRoles: parameterRoles.filter((p) => p.value.op === "Parameter" && reached.has(p.value)),
    config: completeConfig(def, options.method.config),
    trainable: (name, shape, initial) => {
      const full = PREFIX + name;
      const known = trainables.get(full);
      if (known) return known.leaf;
      const value = leaf(shape, full);
      trainables.set(full, { leaf: value, name: full, shape, transposed: false, group: "adapter", initial });
      return value;
    },
    add: (layer, update) => {
      updates.set(layer.product, [...(updates.get(layer.product) ?? []), { layer, update }]);
    },
    unfreeze: (parameter) => {
      if (unfrozen.has(parameter)) return;
      const name = PREFIX + parameter.name;
      const value = leaf(parameter.shape, name);
      unfrozen.set(parameter, value);
      const transposed = parameter.attrs.transposed === 1;
      const shape = transposed ? [...parameter.shape].reverse() : parameter.shape;
      const initial = () => parameter.data!.data as Float32Array;
      trainables.set(name, { leaf: value, name, shape, transposed, group: "adapter", initial });
    },
  });
  const { outputs } = rewrite([feature], b, (old, inputs) => {
    const trained = unfrozen.get(old);
    if (trained) return trained;
    const added = updates.get(old);
    if (!added) return undefined;
    const product = inputs.some((v, i) => v !== old.inputs[i]) ? b.op(old.op, inputs, old.attrs) : old;
    return added.reduce((sum, { layer, update }) => b.add(sum, update(inputs[1 - layer.side])), product);
  });
  return { feature: outputs[0], trainables: [...trainables.values()] };
}

/** Splits the graph before the first trainable: values that the image alone decides become inputs of what follows. */
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
  const bound = bindModel(options.model, batch, options.imageSize);
  const b = new Builder();
  const plain = featureValue(b, bound, options.feature ?? "auto", (options.model as OpenedModel).tokensFirst);
  if (plain.shape[0] !== batch) {
    throw new RadaptError("The model's feature does not follow the batch size", {
      code: "onnx.fixed-batch",
      expected: `a first axis of ${batch}`,
      got: `[${plain.shape.join(", ")}]`,
      remedy: "Export the model with a free (dynamic) batch axis.",
    });
  }
  const adapted = adapt(options, plain, bound);
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
  let [feature] = verify(foldScales(fuseLayerNorm(foldFrozen([adapted.feature]))), "folding");
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
        adapted.trainables.map((t) => t.leaf),
        [...head.map((t) => t.leaf), mean, rstd],
      )
    : null;
  if (cut) {
    frozen = cut.frontier;
    cutAtFeatures = cut.atFeatures;
    const replaced = new Map(frozen.map((v, i) => [v, b.input(`frozen_${i}`, v.shape)]));
    inputs = [...replaced.values()];
    [logits] = rewrite([logits], b, (old) => replaced.get(old)).outputs;
    feature = replaced.get(feature) ?? feature;
  }
  const loss = b.reshape(b.sum(b.op("CrossEntropyRows", [logits, targets, weights]), [0]), []);
  const all = [...adapted.trainables, ...head];
  const partials = gradients(
    b,
    loss,
    all.map((t) => t.leaf),
  );
  const used = all.filter((_, i) => partials[i] !== null);
  const grads = partials.filter((g): g is Value => g !== null);
  verify([loss, logits, ...grads], "autodiff");
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
    trainables: used,
    loss,
    logits,
    gradients: grads,
  };
}
