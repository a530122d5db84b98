/**
 * Focal loss: w·Σ_c t_c·(1 − p_c)^γ·(−log p_c). Images that are already predicted well count less.
 * arXiv 1708.02002
 */
import { z } from "zod";
import { setting } from "../../base/setting";
import type { Builder } from "../graph/builder";
import { tensor } from "../graph/tensor";
import type { Value } from "../graph/value";
import { defineLoss } from "./define";

/**
 * Lower bound of 1 − p. The gradient of a power with γ < 1 would divide by zero where 1 − p is 0.
 */
const leastDoubt = 1e-12;

/** −log p_c, [B, C]. The maximum is subtracted first, so that no exponential overflows. */
function negativeLogSoftmax(b: Builder, logits: Value): Value {
  const most = b.op("Detach", [b.op("ReduceMax", [logits], { axes: [1] })]);
  const shifted = b.sub(logits, most);
  const logSum = b.op("Log", [b.sum(b.op("Exp", [shifted]), [1])]);
  return b.sub(logSum, shifted);
}

/**
 * 1 − p_c, [B, C], computed as the sum of the other classes' probabilities. The subtraction would
 * lose all digits where p_c is close to 1.
 */
function otherProbabilities(b: Builder, logits: Value): Value {
  const classes = logits.shape[1];
  const others = Float32Array.from({ length: classes * classes }, (_, i) => (i % (classes + 1) === 0 ? 0 : 1));
  return b.matmul(b.op("Softmax", [logits]), b.constant(tensor([classes, classes], others)));
}

export default defineLoss({
  id: "focal",
  label: "Focal",
  purpose: "turns to hard images",
  paper: "https://arxiv.org/abs/1708.02002",
  settings: z.strictObject({
    gamma: setting(z.number().min(0).max(10).default(2), {
      title: "Focal γ",
      description: "Each image's loss times (1 − p)^γ; 0 is cross-entropy (arXiv 1708.02002)",
    }),
  }),
  planPrefix: "focal",
  distortsProbabilities: true,
  rows: (b, { logits, targets, weights }, { gamma }) => {
    const surprise = negativeLogSoftmax(b, logits);
    const doubt = otherProbabilities(b, logits);
    const focus = b.op("Pow", [b.op("Max", [doubt, b.scalar(leastDoubt)]), b.scalar(gamma)]);
    const rows = b.sum(b.mul(b.mul(targets, focus), surprise), [1]);
    return b.mul(rows, b.reshape(weights, [logits.shape[0], 1]));
  },
});
