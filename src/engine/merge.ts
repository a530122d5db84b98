/** A backbone whose weights have taken in what a method learnt: the same graph as the plain one, with other numbers. */
import { adapt, readLeaf } from "./adapt";
import type { Value } from "./ir/value";
import { verify } from "./ir/verify";
import { type GraphOptions, plainFeature } from "./training-graph";
import type { NamedTensor } from "./types";

/**
 * @param tensors as `Trainer.exportTrainables` gives them; the head's are not needed
 * @returns the image's leaf and the feature [B, D] from merged weights
 * @throws RadaptError `adapter.merge` for a method that is no change of weights, `adapter.mismatch` for a missing tensor
 */
export function mergeAdapter(options: GraphOptions, tensors: readonly NamedTensor[]): { image: Value; feature: Value } {
  const { bound, plain } = plainFeature(options);
  const { trainables, buffers, merged } = adapt(options.method, plain, bound);
  const byName = new Map(tensors.map((t) => [t.name, t]));
  const values = new Map([...trainables, ...buffers].map((t) => [t.leaf, readLeaf(t, byName)]));
  const feature = merged(values);
  verify([feature], "merging");
  return { image: bound.input, feature };
}
