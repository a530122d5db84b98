/**
 * Applies a fine-tuning method to a backbone. The result is the changed feature with its
 * trainables. Once the trainables are learnt, `merged` gives the same feature from a plain backbone
 * with changed weights. Everything here is graph values and needs no device.
 */
import { assert, RadaptError } from "../../base/error";
import type { Prng } from "../../base/prng";
import type { Backbone } from "../backbone/bind";
import { Builder } from "../graph/builder";
import { interpret } from "../graph/interpret";
import { rewrite } from "../graph/rewrite";
import { channelShape, sizeOf, type Tensor, tensor } from "../graph/tensor";
import type { Value } from "../graph/value";
import { KEY_SIZE, seededDropout } from "../ops/seeded-dropout";
import type { MethodSpec, NamedTensor } from "../types";
import { adapterOf } from ".";
import { completeConfig, type SiteWeights } from "./define";
import { promptable } from "./prompts";
import { findSites, type Site } from "./structure";

/** A tensor that training learns or a checkpoint keeps. */
export interface Trainable {
  /** The leaf in the graph; its operator is "Trainable". */
  leaf: Value;
  /** Name in a PEFT checkpoint. */
  name: string;
  /** Shape in the checkpoint. The leaf has the transposed shape where `transposed`. */
  shape: readonly number[];
  transposed: boolean;
  group: "adapter" | "head";
  /** Draws the initial numbers, in the leaf's layout. */
  initial: (prng: Prng) => Float32Array;
}

/** A backbone with a method applied. */
export interface Adaptation {
  trainables: Trainable[];
  /** Saved with the trainables, but not trained. */
  buffers: Trainable[];
  /** Input [KEY_SIZE] that seeds dropout's masks. null where the method uses no dropout. */
  key: Value | null;
  /** The backbone's feature [B, D] with the method's changes. */
  feature: Value;
  /**
   * Computes the feature of a plain backbone whose weights include what was learnt.
   *
   * @param values learnt numbers in the leaves' layout
   * @param known cache of the new weights, in the order of their use. An earlier call for another
   *   batch size may have filled it. Missing weights are computed and added.
   * @throws RadaptError `adapter.merge` for a method whose change is no change of weights
   */
  merged: (values: ReadonlyMap<Value, Float32Array>, known?: Tensor[]) => Value;
}

const PREFIX = "base_model.";
/** Prefix that PEFT adds to the backbone's own names. */
const MODEL_PREFIX = `${PREFIX}model.`;
export const HEAD_WEIGHT = `${MODEL_PREFIX}classifier.weight`;
export const HEAD_BIAS = `${MODEL_PREFIX}classifier.bias`;

/**
 * Name of a backbone's weight in a checkpoint. torchvision's DenseNet has a weight with the name of
 * Radapt's head. Such a weight gets another prefix.
 */
function checkpointName(parameter: string): string {
  const name = MODEL_PREFIX + parameter;
  return name === HEAD_WEIGHT || name === HEAD_BIAS ? `${MODEL_PREFIX}backbone.${parameter}` : name;
}

let leafId = -1;

/** A new trainable leaf. Its id is negative, so that it differs from the ids of the builder. */
export function leaf(shape: readonly number[], name: string): Value {
  return { id: leafId--, op: "Trainable", inputs: [], attrs: {}, shape: [...shape], dtype: "f32", name, scope: "" };
}

const isTransposed = (parameter: Value) => parameter.attrs.transposed === 1;

/**
 * Applies a method.
 *
 * @param plain the backbone's feature [B, D] before the change
 * @throws RadaptError when the method finds nothing to adapt
 */
export function adapt(method: MethodSpec, plain: Value, bound: Backbone): Adaptation {
  const b = new Builder();
  const def = adapterOf(method.id);
  const sites = findSites(plain, bound);
  const trainables = new Map<string, Trainable>();
  const buffers = new Map<string, Trainable>();
  const wrappers = new Map<Value, (inputs: readonly Value[]) => Value>();
  const afters = new Map<Value, (y: Value) => Value>();
  const merges = new Map<Value, { site: Site; f: (weights: SiteWeights) => SiteWeights }>();
  const unfrozen = new Map<Value, Value>();
  const prompts = promptable(b, plain, bound, def.label);
  let key: Value | null = null;

  const declare = (
    kept: Map<string, Trainable>,
    name: string,
    shape: readonly number[],
    initial: Trainable["initial"],
  ) => {
    const known = kept.get(name);
    if (known) return known.leaf;
    const value = leaf(shape, name);
    kept.set(name, { leaf: value, name, shape, transposed: false, group: "adapter", initial });
    return value;
  };

  def.apply({
    b,
    ...sites,
    config: completeConfig(def, method.config),
    trainable: (name, shape, initial) => declare(trainables, MODEL_PREFIX + name, shape, initial),
    buffer: (name, shape, initial) => declare(buffers, PREFIX + name, shape, initial),
    dropout: (x, probability, place) => {
      if (probability === 0) return x;
      key ??= b.input("dropout key", [KEY_SIZE]);
      return seededDropout(b, x, key, probability, place);
    },
    wrap: (layer, f) => {
      const { product, side } = layer;
      const inner = wrappers.get(product) ?? ((inputs) => b.op(product.op, inputs, product.attrs));
      wrappers.set(product, (inputs) => {
        const weight = inputs[side];
        const base = (x: Value) => inner(side === 0 ? [weight, x] : [x, weight]);
        return f(inputs[1 - side], base);
      });
    },
    after: (value, f) => {
      const inner = afters.get(value);
      afters.set(value, inner ? (y) => f(inner(y)) : f);
    },
    tokens: prompts.tokens,
    prompt: prompts.prompt,
    merge: (site, f) => {
      if (!merges.has(site.weight)) merges.set(site.weight, { site, f });
    },
    unfreeze: (parameter, name = parameter.name!) => {
      if (unfrozen.has(parameter)) return;
      const value = leaf(parameter.shape, checkpointName(name));
      unfrozen.set(parameter, value);
      const transposed = isTransposed(parameter);
      const shape = transposed ? [...parameter.shape].reverse() : parameter.shape;
      const initial = () => parameter.data!.data as Float32Array;
      trainables.set(value.name!, { leaf: value, name: value.name!, shape, transposed, group: "adapter", initial });
    },
  });

  const isRewritten = wrappers.size + afters.size + unfrozen.size > 0;
  assert(!isRewritten || !prompts.any(), `${def.label} has prompts beside other changes of the graph`);
  const { outputs } = rewrite([prompts.apply()], b, (old, inputs) => {
    const trained = unfrozen.get(old);
    if (trained) return trained;
    const [wrap, after] = [wrappers.get(old), afters.get(old)];
    if (!wrap && !after) return undefined;
    b.scope = old.scope;
    const changed = inputs.some((v, i) => v !== old.inputs[i]);
    const y = wrap ? wrap(inputs) : changed ? b.op(old.op, inputs, old.attrs) : old;
    return after ? after(y) : y;
  });

  const merged = (values: ReadonlyMap<Value, Float32Array>, known: Tensor[] = []): Value => {
    if (!def.mergeable) {
      throw new RadaptError(`${def.label} cannot be merged into the backbone's weights`, {
        code: "adapter.merge",
        where: `method ${def.id}`,
        expected: "a method whose change is a change of weights",
        got: def.label,
        remedy: "Keep the adapter beside the backbone.",
      });
    }
    const leaves = new Map([...values].map(([v, data]): [Value, Tensor] => [v, tensor(v.shape, data)]));
    return mergeWeights(plain, b, { unfrozen, merges: [...merges.values()], leaves, known });
  };
  return { trainables: [...trainables.values()], buffers: [...buffers.values()], key, feature: outputs[0], merged };
}

/**
 * Computes the plain feature with each site's weight and bias replaced by the merged ones.
 *
 * @param given.merges for each site, how its weights change
 * @param given.leaves the learnt numbers
 */
function mergeWeights(
  plain: Value,
  b: Builder,
  given: {
    unfrozen: ReadonlyMap<Value, Value>;
    merges: readonly { site: Site; f: (weights: SiteWeights) => SiteWeights }[];
    leaves: ReadonlyMap<Value, Tensor>;
    known: Tensor[];
  },
): Value {
  const { unfrozen, merges, leaves, known } = given;
  const expressions = new Map<Value, Value>(unfrozen);
  const shifts = new Map<Value, Value>();
  const current = (v: Value) => expressions.get(v) ?? v;
  for (const { site, f } of merges) {
    const oriented = (v: Value) => (isTransposed(site.weight) ? b.transpose(v, [1, 0]) : v);
    const after = f({ weight: oriented(current(site.weight)), bias: site.bias && current(site.bias) });
    expressions.set(site.weight, oriented(after.weight));
    if (site.bias && after.bias) expressions.set(site.bias, b.reshape(after.bias, site.bias.shape));
    else if (after.bias) {
      const shape = channelShape(site.features, site.output.shape.length, site.axis);
      shifts.set(site.output, b.reshape(after.bias, shape));
    }
  }
  let used = 0;
  const compute = (v: Value, name: string, transposed: boolean) => {
    const at = used++;
    known[at] ??= interpret([v], leaves)[0];
    return b.parameter(name, known[at], transposed);
  };
  return rewrite([plain], b, (old, inputs) => {
    const replaced = expressions.get(old);
    if (replaced) return compute(replaced, old.name ?? "", isTransposed(old));
    const shift = shifts.get(old);
    if (!shift) return undefined;
    const changed = inputs.some((v, i) => v !== old.inputs[i]);
    return b.add(changed ? b.op(old.op, inputs, old.attrs) : old, compute(shift, "bias", false));
  }).outputs[0];
}

/** Total number of elements of trainables or buffers. */
export const countOf = (list: readonly Trainable[]): number => list.reduce((sum, t) => sum + sizeOf(t.shape), 0);

function transpose(data: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(data.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = data[i * columns + j];
  return out;
}

/** Converts numbers from the leaf's layout to the checkpoint's. */
export const toNamed = (t: Trainable, data: Float32Array) =>
  t.transposed ? transpose(data, t.leaf.shape[0], t.leaf.shape[1]) : data;

/** The error for a checkpoint that does not fit the backbone and the method. */
export function mismatch(what: string, expected: string, got: string): RadaptError {
  return new RadaptError(`The checkpoint does not fit: ${what}`, {
    code: "adapter.mismatch",
    where: what,
    expected,
    got,
    remedy: "Use the checkpoint with the method, settings and backbone that it was saved from.",
  });
}

/**
 * Reads the numbers of a leaf from a checkpoint and converts them to the leaf's layout.
 *
 * @throws RadaptError `adapter.mismatch` where name or shape do not fit
 */
export function readLeaf(t: Trainable, tensors: ReadonlyMap<string, NamedTensor>): Float32Array {
  const given = tensors.get(t.name);
  const shape = `[${t.shape.join(", ")}]`;
  if (!given) throw mismatch(t.name, `a tensor ${shape}`, "none of that name");
  if (given.shape.join() !== t.shape.join()) throw mismatch(t.name, shape, `[${given.shape.join(", ")}]`);
  return t.transposed ? transpose(given.data, t.shape[0], t.shape[1]) : given.data;
}
