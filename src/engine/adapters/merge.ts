/**
 * Builds a backbone with what a method has learnt. Either the weights include it, so that the graph
 * is the plain one, or the adapter's operators stay in the graph.
 */

import { type FeatureGraphRequest, plainFeature } from "../backbone/features";
import { Builder } from "../graph/builder";
import { rewrite } from "../graph/rewrite";
import { type Tensor, tensor } from "../graph/tensor";
import type { Value } from "../graph/value";
import { verify } from "../graph/verify";
import type { MethodSpec, NamedTensor } from "../types";
import { type Adaptation, adapt, readLeaf } from "./adapt";

/** The backbone for a batch, and the method that adapts it. */
export interface AdaptedFeatureRequest extends FeatureGraphRequest {
  method: MethodSpec;
}

/** A graph from the images to the feature. */
export interface LearntBackbone {
  /** Input of the images. */
  image: Value;
  /** [B, D] */
  feature: Value;
}

function learntBackbone(
  options: AdaptedFeatureRequest,
  tensors: readonly NamedTensor[],
  featureOf: (adaptation: Adaptation, values: ReadonlyMap<Value, Float32Array>) => Value,
): LearntBackbone {
  const { bound, plain } = plainFeature(options);
  const adaptation = adapt(options.method, plain, bound);
  const byName = new Map(tensors.map((t) => [t.name, t]));
  const leaves = [...adaptation.trainables, ...adaptation.buffers];
  const feature = featureOf(adaptation, new Map(leaves.map((t) => [t.leaf, readLeaf(t, byName)])));
  verify([feature], "merging");
  return { image: bound.input, feature };
}

/**
 * Merges what was learnt into the backbone's weights.
 *
 * @param tensors as `Trainer.exportTrainables` gives them; those of the head are not needed
 * @param known see `Adaptation.merged`
 * @throws RadaptError `adapter.merge` for a method whose change is no change of weights
 * @throws RadaptError `adapter.mismatch` for a missing tensor
 */
export function mergeAdapter(
  options: AdaptedFeatureRequest,
  tensors: readonly NamedTensor[],
  known?: Tensor[],
): LearntBackbone {
  return learntBackbone(options, tensors, ({ merged }, values) => merged(values, known));
}

/**
 * Keeps the adapter's operators in the graph, with what was learnt as their weights. This works for
 * every method.
 *
 * @throws RadaptError `adapter.mismatch` for a missing tensor
 */
export function attachAdapter(options: AdaptedFeatureRequest, tensors: readonly NamedTensor[]): LearntBackbone {
  return learntBackbone(options, tensors, ({ feature }, values) => {
    const b = new Builder();
    return rewrite([feature], b, (old) => {
      const data = values.get(old);
      return data && b.parameter(old.name ?? "", tensor(old.shape, data));
    }).outputs[0];
  });
}
