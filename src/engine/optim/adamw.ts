/**
 * AdamW with decoupled weight decay, as torch.optim.AdamW: p ← p − lr·wd·p, then p ← p − lr·m̂/(√v̂
 * + eps). arXiv 1711.05101
 */
import { z } from "zod";
import { setting } from "../../base/setting";
import { betas, defineOptimizer, weightDecay } from "./define";
import type { Optimizer } from "./optimizer";

const settings = z.strictObject({
  weightDecay: weightDecay(0.01),
  betas: betas(0.9, 0.999, "Memory of the gradient's mean and of its mean square"),
  eps: setting(z.number().positive().default(1e-8), {
    title: "Epsilon",
    description: "Added to the root of the mean square, so that nothing divides by zero",
  }),
});

export default defineOptimizer({
  id: "adamw",
  label: "AdamW",
  paper: "https://arxiv.org/abs/1711.05101",
  torch: "torch.optim.AdamW",
  lr: 0.01,
  decay: "decoupled",
  settings,
  planSettings: {},
  planPrefix: "adamw",
  create,
});

function create({ betas: [beta1, beta2], eps, weightDecay }: z.output<typeof settings>): Optimizer {
  return {
    moments: 2,
    settings: (step) => ({
      beta1,
      beta2,
      eps,
      weightDecay,
      correction1: 1 - beta1 ** step,
      correction2: 1 - beta2 ** step,
    }),
    varying: ["correction1", "correction2"],
    update: (p, [m, v], gradient, lr, { correction1, correction2 }) => {
      for (let i = 0; i < p.length; i++) {
        const g = gradient(i);
        m[i] = beta1 * m[i] + (1 - beta1) * g;
        v[i] = beta2 * v[i] + (1 - beta2) * g * g;
        const step = m[i] / correction1 / (Math.sqrt(v[i] / correction2) + eps);
        p[i] = p[i] * (1 - lr * weightDecay) - lr * step;
      }
    },
    wgsl: `let m = h.beta1 * m0[i] + (1.0 - h.beta1) * gradient;
  let v = h.beta2 * m1[i] + (1.0 - h.beta2) * gradient * gradient;
  m0[i] = m;
  m1[i] = v;
  p[i] = p[i] * (1.0 - lr * h.weightDecay) - lr * (m / h.correction1) / (sqrt(v / h.correction2) + h.eps);`,
    values: (b, { p, gradient, moments: [m, v], lr, setting }) => {
      const m1 = b.add(b.scale(m, beta1), b.scale(gradient, 1 - beta1));
      const v1 = b.add(b.scale(v, beta2), b.mul(b.scale(gradient, 1 - beta2), gradient));
      const root = b.op("Sqrt", [b.div(v1, setting("correction2"))]);
      const step = b.div(b.div(m1, setting("correction1")), b.add(root, b.scalar(eps)));
      const kept = b.mul(p, b.sub(b.scalar(1), b.scale(lr, weightDecay)));
      return { p: b.sub(kept, b.mul(lr, step)), moments: [m1, v1] };
    },
  };
}
