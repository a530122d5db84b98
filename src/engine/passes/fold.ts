/**
 * Constant folding with frozen weights: values that depend neither on the image nor on a trainable
 * become constants. Examples are position embeddings resampled to this image size, scales of batch
 * normalisation, and quantised weights.
 */
import { Builder } from "../graph/builder";
import { withShape } from "../graph/lazy-tensor";
import { rewrite } from "../graph/rewrite";
import type { Value } from "../graph/value";
import { opDef } from "../ops";

export function foldFrozen(outputs: readonly Value[]): Value[] {
  const b = new Builder(true);
  const isKnown = (v: Value) => v.op === "Constant" || v.op === "Parameter";
  return rewrite(outputs, b, (old, inputs) => {
    if (inputs.length === 0 || !inputs.every(isKnown)) return undefined;
    // A reshaped weight shares its bytes with the original, so nothing is copied.
    return opDef(old.op).kind === "view"
      ? b.constant(withShape(inputs[0].data!, old.shape))
      : b.op(old.op, inputs, old.attrs);
  }).outputs;
}
