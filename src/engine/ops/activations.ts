/**
 * Activations that exporters write as one node. The readers compose them of elementwise operators,
 * since fusion makes one kernel of them again.
 */

import type { Value } from "../graph/value";
import type { GraphWriter } from "../graph/writer";
import { num, type OnnxReader, required, str } from "./define";
import { foldInputs } from "./elementwise";

/** The tanh approximation of GELU. */
export function geluTanh(b: GraphWriter, x: Value): Value {
  const cubic = b.add(x, b.scale(b.mul(x, b.mul(x, x)), 0.044715));
  const t = b.op("Tanh", [b.scale(cubic, Math.sqrt(2 / Math.PI))]);
  return b.mul(b.scale(x, 0.5), b.add(t, b.scalar(1)));
}

/** x · σ(alpha · x). */
export function quickGelu(b: GraphWriter, x: Value, alpha: number): Value {
  return b.mul(x, b.op("Sigmoid", [b.scale(x, alpha)]));
}

const hardSigmoid = (b: GraphWriter, x: Value) => b.op("HardSigmoid", [x], { alpha: 1 / 6, beta: 0.5 });
/** The BiasGelu family adds its second input before the activation. */
const biased = (n: Parameters<OnnxReader>[0]) => (n.inputs[1] ? n.b.add(required(n, 0), n.inputs[1]) : required(n, 0));

/** x above 0, alpha · (eˣ − 1) below. */
function eluOf(b: GraphWriter, x: Value, alpha: number): Value {
  const negative = b.sub(b.op("Exp", [b.op("Min", [x, b.scalar(0)])]), b.scalar(1));
  return b.add(b.op("Relu", [x]), b.scale(negative, alpha));
}

export const readers: Readonly<Record<string, OnnxReader>> = {
  Gelu: (n) => {
    const x = required(n, 0);
    return str(n.attrs, "approximate", "none") === "tanh" ? geluTanh(n.b, x) : n.b.gelu(x);
  },
  BiasGelu: (n) => n.b.gelu(biased(n)),
  FastGelu: (n) => geluTanh(n.b, biased(n)),
  QuickGelu: (n) => quickGelu(n.b, required(n, 0), num(n.attrs, "alpha", 1.702)),
  HardSwish: (n) => n.b.mul(required(n, 0), hardSigmoid(n.b, required(n, 0))),
  Mish: (n) => n.b.mul(required(n, 0), n.b.op("Tanh", [n.b.op("Softplus", [required(n, 0)])])),
  Elu: (n) => eluOf(n.b, required(n, 0), num(n.attrs, "alpha", 1)),
  PRelu: (n) => {
    const x = required(n, 0);
    const positive = n.b.op("Relu", [x]);
    return n.b.add(positive, n.b.mul(required(n, 1), n.b.sub(x, positive)));
  },
  Selu: (n) => {
    const scaled = eluOf(n.b, required(n, 0), num(n.attrs, "alpha", 1.6732632));
    return n.b.scale(scaled, num(n.attrs, "gamma", 1.050701));
  },
  Celu: (n) => {
    const alpha = num(n.attrs, "alpha", 1);
    return n.b.scale(eluOf(n.b, n.b.scale(required(n, 0), 1 / alpha), 1), alpha);
  },
  ThresholdedRelu: (n) => {
    const x = required(n, 0);
    return n.b.mul(x, n.b.op("InRange", [x], { min: num(n.attrs, "alpha", 1), max: Infinity }));
  },
  Softsign: (n) => n.b.div(required(n, 0), n.b.add(n.b.op("Abs", [required(n, 0)]), n.b.scalar(1))),
  Sum: (n) => foldInputs(n, "Add"),
  Mean: (n) => n.b.scale(foldInputs(n, "Add"), 1 / n.inputs.length),
};
