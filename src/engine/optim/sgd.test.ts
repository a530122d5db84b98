/** SGD refuses the settings that torch.optim.SGD refuses. */
import { expect, test } from "vitest";
import { createOptimizer, type SgdSpec } from ".";

test("Nesterov's method without momentum is refused, as by torch.optim.SGD", () => {
  const spec: SgdSpec = { name: "sgd", momentum: 0.9, nesterov: true, weightDecay: 0, headL2: 0, clipNorm: 0 };
  expect(createOptimizer(spec).moments).toBe(1);
  expect(() => createOptimizer({ ...spec, momentum: 0 })).toThrow(/needs a momentum/);
});
