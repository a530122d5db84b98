/**
 * The interpreter's updates, with weight decay, against PyTorch's formulas: three steps of four
 * elements, computed in float64 with NumPy from the algorithm boxes of torch.optim.AdamW and
 * torch.optim.SGD, and for Lion from Algorithm 2 of arXiv 2302.06675.
 */
import { expect, test } from "vitest";
import { createOptimizer, type OptimizerSpec } from ".";

const start = [0.5, -1.5, 2, 0];
const gradients = [
  [0.1, -0.2, 0, 3],
  [-0.4, 0.3, 0.05, -1],
  [0.2, 0.2, -0.6, 0.5],
];
const LR = 0.1;
const common = { weightDecay: 0.05, headL2: 0, clipNorm: 0 };

interface UpdateCase {
  name: string;
  spec: OptimizerSpec;
  p: number[];
  moments: number[][];
}

const cases: UpdateCase[] = [
  {
    name: "AdamW",
    spec: { name: "adamw", betas: [0.9, 0.99], eps: 1e-3, ...common },
    p: [0.4608544468264113, -1.4511755376901438, 1.956758034372242, -0.1795235371066585],
    moments: [
      [-0.0079, 0.0308, -0.0555, 0.203],
      [0.00208201, 0.00168304, 0.00362475, 0.10060900000000009],
    ],
  },
  {
    name: "Lion",
    spec: { name: "lion", betas: [0.9, 0.5], ...common },
    p: [0.3940349375, -1.3791098125, 1.97064975, -0.2985025],
    moments: [[0.0125, 0.15, -0.2875, 0.375]],
  },
  {
    name: "SGD",
    spec: { name: "sgd", momentum: 0, nesterov: false, ...common },
    p: [0.5024371875, -1.5076618125, 2.02517475, -0.2475075],
    moments: [],
  },
  {
    name: "SGD with momentum",
    spec: { name: "sgd", momentum: 0.9, nesterov: false, ...common },
    p: [0.5149246875, -1.4811343125, 1.99466475, -0.6678075],
    moments: [[-0.011121875, 0.107468125, -0.2861475, 1.993075]],
  },
  {
    name: "SGD by Nesterov",
    spec: { name: "sgd", momentum: 0.9, nesterov: true, ...common },
    p: [0.5158521065625, -1.4911576344375, 2.02074393525, -0.8421094425],
    moments: [[-0.01043871875, 0.10866518125, -0.287625975, 1.97347075]],
  },
];

test.each(cases)("$name: three steps are PyTorch's", ({ spec, ...expected }) => {
  const optimizer = createOptimizer(spec);
  expect(optimizer.moments).toBe(expected.moments.length);
  const p = Float32Array.from(start);
  const moments = expected.moments.map(() => new Float32Array(start.length));
  gradients.forEach((gradient, k) => {
    optimizer.update(p, moments, (i) => gradient[i], LR, optimizer.settings(k + 1));
  });
  // Moments and parameters are float32: 1e-6 is 8 units in the last place at 1.
  const near = (got: Float32Array, want: number[]) =>
    want.forEach((value, i) => {
      expect(Math.abs(got[i] - value), `element ${i}: ${got[i]} against ${value}`).toBeLessThan(1e-6);
    });
  near(p, expected.p);
  moments.forEach((m, k) => {
    near(m, expected.moments[k]);
  });
});
