/**
 * The losses that training may go by, as graph values; and the targets and weights that a batch's
 * labels make for them.
 */
import type { Builder } from "../graph/builder";
import { tensor } from "../graph/tensor";
import type { Value } from "../graph/value";
import type { LossSpec } from "../types";

export interface LossInputs {
  /** [B, C] */
  logits: Value;
  /** [B, C] */
  targets: Value;
  /** [B] */
  weights: Value;
  /** [C], added to the logits where the loss adjusts them. */
  adjustment: Value | null;
}

/** Below this, 1 − p is taken for constant, so that no power of it divides by zero. */
const leastDoubt = 1e-12;

/** Whether a loss reads `Trainer.setLogitAdjustment`. */
export const adjustsLogits = ({ name }: LossSpec): boolean => name === "logit-adjusted";

/** The loss of each row, [B, 1]; a batch's loss is their sum. */
export function lossRows(b: Builder, spec: LossSpec, inputs: LossInputs): Value {
  const { logits, targets, weights, adjustment } = inputs;
  if (spec.name === "focal") return focalRows(b, spec.gamma, inputs);
  return b.op("CrossEntropyRows", [adjustment ? b.add(logits, adjustment) : logits, targets, weights]);
}

/**
 * w·Σ_c t_c·(1 − p_c)^γ·(−log p_c). 1 − p is summed from the other classes' probabilities and the
 * logarithm taken with the maximum off: neither cancels nor overflows, however sure the prediction.
 * arXiv 1708.02002
 */
function focalRows(b: Builder, gamma: number, { logits, targets, weights }: LossInputs): Value {
  const [batch, classes] = logits.shape;
  const most = b.op("Detach", [b.op("ReduceMax", [logits], { axes: [1] })]);
  const shifted = b.sub(logits, most);
  const logSum = b.op("Log", [b.sum(b.op("Exp", [shifted]), [1])]);
  const surprise = b.sub(logSum, shifted);
  const others = Float32Array.from({ length: classes * classes }, (_, i) => (i % (classes + 1) === 0 ? 0 : 1));
  const doubt = b.matmul(b.op("Softmax", [logits]), b.constant(tensor([classes, classes], others)));
  const focus = b.op("Pow", [b.op("Max", [doubt, b.scalar(leastDoubt)]), b.scalar(gamma)]);
  const rows = b.sum(b.mul(b.mul(targets, focus), surprise), [1]);
  return b.mul(rows, b.reshape(weights, [batch, 1]));
}

export interface LossTargets {
  /** [n, C] */
  targets: Float32Array;
  /** [n]; they sum to 1, or are all zero where no image has weight. */
  weights: Float32Array;
}

/**
 * Targets and weights of a batch whose images are shares of classes: m[i][c], one-hot for plain
 * labels, two shares after mixup. With class weights w and smoothing ε the loss is that of
 * PyTorch's `CrossEntropyLoss(weight=w, label_smoothing=ε)`: Σ_ic w_c·((1 − ε)·m_ic + ε/C)·l_ic /
 * Σ_ic w_c·m_ic, the smoothed part weighted class by class.
 *
 * @param shares [n, C], each row sums to 1
 * @param classWeights [C]
 * @param smoothing ε, from 0 to below 1
 */
export function lossTargets(shares: Float32Array, classWeights: readonly number[], smoothing = 0): LossTargets {
  const classes = classWeights.length;
  const count = shares.length / classes;
  const weightOf = (i: number) => {
    let weight = 0;
    for (let c = 0; c < classes; c++) weight += classWeights[c] * shares[i * classes + c];
    return weight;
  };
  const own = Array.from({ length: count }, (_, i) => weightOf(i));
  const total = own.reduce((sum, weight) => sum + weight, 0);
  const targets = shares.map((share, at) => {
    const weight = own[Math.floor(at / classes)];
    const smoothed = (1 - smoothing) * share + smoothing / classes;
    return weight > 0 ? (classWeights[at % classes] * smoothed) / weight : 0;
  });
  return { targets, weights: Float32Array.from(own, (weight) => (total > 0 ? weight / total : 0)) };
}

/** [n, C] */
export function oneHot(labels: ArrayLike<number>, classes: number): Float32Array {
  const out = new Float32Array(labels.length * classes);
  for (let i = 0; i < labels.length; i++) out[i * classes + labels[i]] = 1;
  return out;
}

/** Plain labels' targets; classes weigh 1 each where no weights are given. */
export function targetsOf(
  labels: ArrayLike<number>,
  classes: number,
  classWeights: readonly number[] = new Array<number>(classes).fill(1),
  smoothing = 0,
): LossTargets {
  return lossTargets(oneHot(labels, classes), classWeights, smoothing);
}

/**
 * τ·log π_c, what logit adjustment adds to the logits while training (arXiv 2007.07314).
 *
 * @param prior [C] shares of the classes, above 0
 */
export function logitAdjustment(prior: readonly number[], tau = 1): Float32Array {
  return Float32Array.from(prior, (share) => tau * Math.log(share));
}
