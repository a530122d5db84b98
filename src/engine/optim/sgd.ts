/**
 * Stochastic gradient descent as torch.optim.SGD with dampening 0: g ← g + wd·p (coupled decay), m
 * ← μ·m + g, p ← p − lr·m, or by Nesterov p ← p − lr·(g + μ·m). Without momentum nothing is kept
 * beside the trainables. Sutskever et al., "On the importance of initialization and momentum in
 * deep learning" (ICML 2013)
 */
import { z } from "zod";
import { RadaptError } from "../../base/error";
import { setting } from "../../base/setting";
import { defineOptimizer, weightDecay } from "./define";
import type { Optimizer } from "./optimizer";

/**
 * The two defaults of momentum μ. `radapt step` takes PyTorch's: torch.optim.SGD has none unless
 * asked, and the command exists to be compared with it. A plan takes 0.9, a common choice in the
 * literature; the ids of stored runs rely on it.
 */
const momentumDefaults = { torch: 0, plan: 0.9 };

const momentum = (value: number) =>
  setting(z.number().min(0).max(0.9999).default(value), { title: "Momentum", description: "Of SGD; 0 = none" });

const settings = z.strictObject({
  weightDecay: weightDecay(0),
  momentum: momentum(momentumDefaults.torch),
  nesterov: setting(z.boolean().default(false), { title: "Nesterov", description: "Needs a momentum" }),
});

export default defineOptimizer({
  id: "sgd",
  label: "SGD",
  paper: "https://proceedings.mlr.press/v28/sutskever13.html",
  torch: "torch.optim.SGD",
  lr: 0.01,
  rates: "SGD wants higher learning rates than AdamW",
  decay: "coupled",
  settings,
  planSettings: { momentum: momentum(momentumDefaults.plan) },
  // Plans stored `momentum` under this name before there was another setting of an optimiser.
  planPrefix: "",
  create,
});

/** @throws RadaptError `optimizer.nesterov` without momentum, where it would do nothing */
function create({ momentum, nesterov, weightDecay }: z.output<typeof settings>): Optimizer {
  const remembers = momentum > 0;
  if (nesterov && !remembers) {
    throw new RadaptError("Nesterov's method needs a momentum.", {
      code: "optimizer.nesterov",
      where: "the optimiser sgd",
      expected: "momentum above 0 and below 1",
      got: `nesterov with momentum ${momentum}`,
      remedy: "Give a momentum such as 0.9, or leave nesterov out.",
    });
  }
  return {
    moments: remembers ? 1 : 0,
    settings: () => ({ momentum, weightDecay }),
    varying: [],
    update: (p, [m], gradient, lr) => {
      for (let i = 0; i < p.length; i++) {
        const g = gradient(i) + weightDecay * p[i];
        if (remembers) m[i] = momentum * m[i] + g;
        const step = nesterov ? g + momentum * m[i] : remembers ? m[i] : g;
        p[i] -= lr * step;
      }
    },
    wgsl: `let decayed = gradient + h.weightDecay * p[i];
  ${remembers ? "let m = h.momentum * m0[i] + decayed;\n  m0[i] = m;" : ""}
  p[i] = p[i] - lr * ${nesterov ? "(decayed + h.momentum * m)" : remembers ? "m" : "decayed"};`,
    values: (b, { p, gradient, moments: [m], lr }) => {
      const g = weightDecay === 0 ? gradient : b.add(gradient, b.scale(p, weightDecay));
      if (!remembers) return { p: b.sub(p, b.mul(lr, g)), moments: [] };
      const m1 = b.add(b.scale(m, momentum), g);
      const step = nesterov ? b.add(g, b.scale(m1, momentum)) : m1;
      return { p: b.sub(p, b.mul(lr, step)), moments: [m1] };
    },
  };
}
