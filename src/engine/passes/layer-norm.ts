/**
 * Recognises layer normalisation in the form that exporters wrote before opset 17: d = x − mean(x);
 * y = d / √(mean(d²) + eps), with means over the last axis. One operator with its own kernel
 * replaces a dozen nodes.
 */
import { Builder } from "../graph/builder";
import { rewrite } from "../graph/rewrite";
import { scalarOf, type Value } from "../graph/value";

/** x if `v` is the mean of x over its last axis, written as sum · 1/n. Otherwise null. */
function meanOf(v: Value): Value | null {
  if (v.op !== "Mul") return null;
  const [sum, factor] = v.inputs;
  if (sum.op !== "ReduceSum") return null;
  const [x] = sum.inputs;
  const axes = sum.attrs.axes as readonly number[];
  const last = x.shape.length - 1;
  const share = scalarOf(factor);
  return axes.length === 1 && axes[0] === last && share !== null && Math.abs(share * x.shape[last] - 1) < 1e-5
    ? x
    : null;
}

/** d if `v` is d². Otherwise null. */
function squareOf(v: Value): Value | null {
  if (v.op === "Mul" && v.inputs[0] === v.inputs[1]) return v.inputs[0];
  return v.op === "Pow" && scalarOf(v.inputs[1]) === 2 ? v.inputs[0] : null;
}

const isCentred = (d: Value) => d.op === "Sub" && meanOf(d.inputs[1]) === d.inputs[0];

/** eps if `v` is d / √(mean(d²) + eps) of a centred row d. */
function matchLayerNorm(v: Value): { eps: number } | undefined {
  if (v.op !== "Div" || v.inputs[1].op !== "Sqrt") return undefined;
  const [
    d,
    {
      inputs: [variance],
    },
  ] = v.inputs;
  if (!isCentred(d) || variance.op !== "Add") return undefined;
  const eps = scalarOf(variance.inputs[1]) ?? scalarOf(variance.inputs[0]);
  const mean = scalarOf(variance.inputs[1]) !== null ? variance.inputs[0] : variance.inputs[1];
  const squares = meanOf(mean);
  const centred = squares && squareOf(squares);
  // Some exporters write the centring twice.
  const same = centred === d || (centred && isCentred(centred) && centred.inputs[0] === d.inputs[0]);
  return same && eps !== null ? { eps } : undefined;
}

export function fuseLayerNorm(outputs: readonly Value[]): Value[] {
  const b = new Builder();
  return rewrite(outputs, b, (old, inputs) => {
    const hit = matchLayerNorm(old);
    // The first operand is the centred row d = x − mean(x), whose own first operand is x.
    return hit && b.op("Standardize", [inputs[0].inputs[0]], { eps: hit.eps });
  }).outputs;
}
