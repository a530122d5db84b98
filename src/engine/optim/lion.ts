/**
 * Lion: every element moves by the rate, in the direction of a blend of momentum and gradient, p ←
 * p − lr·(sign(β₁·m + (1 − β₁)·g) + wd·p), then m ← β₂·m + (1 − β₂)·g. The decay is decoupled.
 * Rates are a third to a tenth of AdamW's. arXiv 2302.06675
 */
import { z } from "zod";
import { betas, defineOptimizer, weightDecay } from "./define";
import type { Optimizer } from "./optimizer";

const settings = z.strictObject({
  weightDecay: weightDecay(0.01),
  betas: betas(0.9, 0.99, "Share of the momentum in the direction, and its memory"),
});

export default defineOptimizer({
  id: "lion",
  label: "Lion",
  paper: "https://arxiv.org/abs/2302.06675",
  lr: 1e-3,
  rates: "Lion a third to a tenth of them",
  decay: "decoupled",
  settings,
  planSettings: {},
  planPrefix: "lion",
  create,
});

function create({ betas: [beta1, beta2], weightDecay }: z.output<typeof settings>): Optimizer {
  return {
    moments: 1,
    settings: () => ({ beta1, beta2, weightDecay }),
    varying: [],
    update: (p, [m], gradient, lr) => {
      for (let i = 0; i < p.length; i++) {
        const g = gradient(i);
        const step = Math.sign(beta1 * m[i] + (1 - beta1) * g);
        m[i] = beta2 * m[i] + (1 - beta2) * g;
        p[i] = p[i] * (1 - lr * weightDecay) - lr * step;
      }
    },
    wgsl: `let direction = sign(h.beta1 * m0[i] + (1.0 - h.beta1) * gradient);
  m0[i] = h.beta2 * m0[i] + (1.0 - h.beta2) * gradient;
  p[i] = p[i] * (1.0 - lr * h.weightDecay) - lr * direction;`,
    values: (b, { p, gradient, moments: [m], lr }) => {
      const step = b.op("Sign", [b.add(b.scale(m, beta1), b.scale(gradient, 1 - beta1))]);
      const m1 = b.add(b.scale(m, beta2), b.scale(gradient, 1 - beta2));
      const kept = b.mul(p, b.sub(b.scalar(1), b.scale(lr, weightDecay)));
      return { p: b.sub(kept, b.mul(lr, step)), moments: [m1] };
    },
  };
}
