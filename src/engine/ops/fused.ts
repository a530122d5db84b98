/**
 * Products that ONNX Runtime's optimiser fused with their neighbours (domain com.microsoft). The
 * readers write their parts.
 * https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
 */

import type { Value } from "../graph/value";
import type { GraphWriter } from "../graph/writer";
import { readConv } from "./conv";
import { ints, num, type OnnxReader, required, str } from "./define";
import { readGemm } from "./matmul";
import { unsupportedForm } from "./reshape";

/** Activations by their ONNX names; `p` are their parameters in the operator's order. */
const fusedActivations: Readonly<Record<string, (b: GraphWriter, x: Value, p: readonly number[]) => Value>> = {
  "": (_, x) => x,
  Relu: (b, x) => b.op("Relu", [x]),
  Tanh: (b, x) => b.op("Tanh", [x]),
  Sigmoid: (b, x) => b.op("Sigmoid", [x]),
  LeakyRelu: (b, x, [alpha = 0.01]) => b.op("LeakyRelu", [x], { alpha }),
  Clip: (b, x, [min = -Infinity, max = Infinity]) => b.op("Clip", [x], { min, max }),
  HardSigmoid: (b, x, [alpha = 0.2, beta = 0.5]) => b.op("HardSigmoid", [x], { alpha, beta }),
};

function activated(n: Parameters<OnnxReader>[0], x: Value, parameters: readonly number[]): Value {
  const name = str(n.attrs, "activation", "");
  const apply = fusedActivations[name];
  if (!apply) throw unsupportedForm(n, `the activation ${name}`);
  return apply(n.b, x, parameters);
}

const readFusedConv: OnnxReader = (n) => {
  const y = readConv(n) as Value;
  const sum = n.inputs[3] ? n.b.add(y, n.inputs[3]) : y;
  return activated(n, sum, ints(n.attrs, "activation_params", []));
};

const readFusedGemm: OnnxReader = (n) => {
  const given = ["activation_alpha", "activation_beta"].filter((name) => n.attrs[name] !== undefined);
  const parameters = given.map((name) => num(n.attrs, name));
  return activated(n, readGemm(n) as Value, parameters);
};

/**
 * Reads alpha·A'·B', where the last two axes of either operand may be swapped, or its first axis
 * moved behind the other batch axes.
 */
const readFusedMatMul: OnnxReader = (n) => {
  const { b } = n;
  const is = (name: string) => num(n.attrs, name, 0) === 1;
  const operand = (index: number, moves: boolean): Value => {
    const x = required(n, index);
    const last = x.shape.length - 1;
    return moves ? b.transpose(x, [...x.shape.keys()].slice(1, last).concat(0, last)) : x;
  };
  const [x, y] = [operand(0, is("transBatchA")), operand(1, is("transBatchB"))];
  const isLinear = y.shape.length === 2 && !is("transA");
  const product = isLinear ? b.linear(x, y, is("transB")) : b.matmul(x, y, is("transA"), is("transB"));
  return b.scale(product, num(n.attrs, "alpha", 1));
};

export const readers: Readonly<Record<string, OnnxReader>> = {
  FusedConv: readFusedConv,
  FusedGemm: readFusedGemm,
  FusedMatMul: readFusedMatMul,
};
