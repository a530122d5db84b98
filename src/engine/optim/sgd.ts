/**
 * Stochastic gradient descent as torch.optim.SGD with dampening 0: g ← g + wd·p (coupled decay), m
 * ← μ·m + g, p ← p − lr·m, or by Nesterov p ← p − lr·(g + μ·m). Without momentum nothing is kept
 * beside the trainables. Sutskever et al., "On the importance of initialization and momentum in
 * deep learning" (ICML 2013)
 */
import { RadaptError } from "../../base/error";
import type { CommonSpec, Optimizer } from "./optimizer";

export interface SgdSpec extends CommonSpec {
  name: "sgd";
  /** μ in [0, 1); 0 = none. */
  momentum: number;
  /** Needs a momentum. */
  nesterov: boolean;
}

/** @throws RadaptError `optimizer.nesterov` without momentum, where it would do nothing */
export function sgd({ momentum, nesterov, weightDecay }: SgdSpec): Optimizer {
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
