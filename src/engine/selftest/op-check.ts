/**
 * Checks one case of an operator on a device: its result, and the gradient of a random weighted sum
 * of the result. The reference is the CPU interpreter, which the unit tests compare with finite
 * differences and onnxruntime.
 */
import { messageOf } from "../../base/error";
import { createPrng } from "../../base/prng";
import { gradients } from "../graph/autodiff";
import { Builder } from "../graph/builder";
import { rewrite } from "../graph/rewrite";
import { sizeOf, type Tensor, tensor } from "../graph/tensor";
import { isLeaf, type Value } from "../graph/value";
import { isDifferentiable, type OpCase, type OpDef } from "../ops/define";
import { caseGraph, caseInputs, OP_TOLERANCE, referenceOf } from "../ops/testing";
import { storageRoot } from "../plan/fusion-groups";
import type { Device } from "../training/device";
import { type Judgement, judge, type SelfTestRow } from "./row";

interface BuiltCase {
  /**
   * The result, then the gradients of the inputs that have one. A gradient that is only a view of
   * the cotangent computes nothing and is left out.
   */
  outputs: Value[];
  values: Map<Value, Tensor>;
}

function buildCase(def: OpDef, c: OpCase): BuiltCase {
  const { b, leaves, y } = caseGraph(def, c);
  const inputs = caseInputs(def, c);
  const values = new Map(leaves.map((leaf, i) => [leaf, inputs[i]]));
  const prng = createPrng(0, `cotangent ${def.type}`);
  const dy = b.input("dy", y.shape);
  values.set(
    dy,
    tensor(
      y.shape,
      Float32Array.from({ length: sizeOf(y.shape) }, () => prng.normal()),
    ),
  );
  const axes = y.shape.map((_, i) => i);
  const loss = b.reshape(b.sum(b.mul(y, dy), axes), []);
  const differentiable = leaves.filter((leaf, k) => isInput(leaf) && isDifferentiable(def, k));
  const partials = gradients(b, loss, differentiable);
  return { outputs: [y, ...partials.filter((g): g is Value => g !== null && !isLeaf(storageRoot(g)))], values };
}

const isInput = (leaf: Value) => leaf.op === "Input";

/**
 * Computes the outputs on the device. An inference program has one input, which is the case's first
 * input. The others become parameters, like frozen weights.
 */
async function evaluateOn(device: Device, { outputs, values }: BuiltCase): Promise<Float32Array[]> {
  const b = new Builder();
  const [first, ...others] = [...values].filter(([leaf]) => isInput(leaf));
  const weights = new Map(others.map(([leaf, value]) => [leaf, b.parameter(leaf.name!, value)]));
  const placed = rewrite(outputs, b, (old) => weights.get(old)).outputs;
  const distinct = [...new Set(placed)];
  const inferenceProgram = await device.createInferenceProgram(first[0], distinct);
  try {
    const results = await inferenceProgram.run(first[1].data as Float32Array);
    return placed.map((value) => results[distinct.indexOf(value)]);
  } finally {
    inferenceProgram.dispose();
  }
}

/**
 * Checks a case.
 *
 * @returns a row for the result, and one for the gradient if there is one
 */
export async function checkOp(device: Device, name: string, def: OpDef, c: OpCase): Promise<SelfTestRow[]> {
  const began = performance.now();
  const built = buildCase(def, c);
  const { outputs, values } = built;
  const tolerance = c.tolerance ?? OP_TOLERANCE;
  const what = outputs.length > 1 ? (["op", "gradient"] as const) : (["op"] as const);
  let judged: Judgement[];
  try {
    const want = referenceOf(outputs, values, c);
    const got = await evaluateOn(device, built);
    const pairs = want.map((t, i) => ({
      label: i > 0 && outputs.length > 2 ? `gradient ${i}` : "",
      got: got[i],
      want: t.want.data,
      atol: t.atol,
    }));
    judged = [judge(pairs.slice(0, 1), tolerance), judge(pairs.slice(1), tolerance)];
  } catch (error) {
    const none: Judgement = { error: null, verdict: "error", message: messageOf(error) };
    judged = [none, none];
  }
  const ms = (performance.now() - began) / what.length;
  return what.map((kind, i) => ({ what: kind, name: def.type, case: name, tolerance, ms, ...judged[i] }));
}
