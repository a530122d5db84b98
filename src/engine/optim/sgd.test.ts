/** SGD refuses the settings that torch.optim.SGD refuses. */
import { expect, test } from "vitest";
import { completeOptimizer, createOptimizer } from ".";

test("Nesterov's method without momentum is refused, as by torch.optim.SGD", () => {
  const create = (momentum: number) => createOptimizer(completeOptimizer({ name: "sgd", momentum, nesterov: true }));
  expect(create(0.9).moments).toBe(1);
  expect(() => create(0)).toThrow(/needs a momentum/);
});
