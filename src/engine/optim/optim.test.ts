/** What must hold of every optimiser of the registry. */
import { expect, test } from "vitest";
import { prefixedKey, settingRows } from "../../base/setting";
import { completeOptimizer, createOptimizer, type OptimizerDef, type OptimizerInput, optimizers } from ".";

const all: readonly OptimizerDef[] = optimizers;

test.each(optimizers)("$id: its name alone is complete, and a form can draw its settings", ({ id, settings }) => {
  const spec = completeOptimizer({ name: id });
  expect(spec).toMatchObject({ headL2: 0, clipNorm: 0 });
  expect(createOptimizer(spec).settings(1)).toHaveProperty("weightDecay", spec.weightDecay);
  expect(settingRows(settings).map(({ key }) => key)).toContain("weightDecay");
});

test("no two settings have one key in a plan", () => {
  const keys = all.flatMap(({ planPrefix, planSettings }) =>
    Object.keys(planSettings).map((key) => prefixedKey(planPrefix, key)),
  );
  expect(keys.toSorted()).toEqual([...new Set(keys)].toSorted());
});

test("a wrong name or setting is refused, and the refusal says what was expected", () => {
  const refused = (given: object) => () => completeOptimizer(given as OptimizerInput);
  expect(refused({ name: "adam" })).toThrow(expect.objectContaining({ code: "optimizer.unknown" }));
  expect(refused({ name: "sgd", momentum: 1.5 })).toThrow(/optimizer\.momentum[\s\S]*0\.9999/);
  expect(refused({ name: "sgd", betas: [0, 0] })).toThrow(/SGD/);
});
