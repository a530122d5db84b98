/**
 * Tests the facts and the chart input of a run, for methods that train and methods that fit
 * features.
 */
import { expect, test } from "vitest";
import { makeRecord } from "../../bench/testing";
import { defaultConfig, methodMeta } from "../state/methods";
import { runFacts, runInput, runName } from "./run-facts";

const recordOf = (method: string) => makeRecord({ method, methodConfig: defaultConfig(methodMeta(method)!), fold: 2 });

test("a run that trained in steps: epochs, and the conditions that every run has", () => {
  const run = recordOf("lora");
  expect(runName(run)).toBe("Fold 3, seed 0");
  expect(runInput(run)).toEqual({ curve: [], unit: "Epoch", caption: "Fold 3, seed 0: best epoch 5 of 10" });
  expect(runFacts(run).map(({ label }) => label)).toEqual(["Split", "Device", "Features", "Finished", "Run id"]);
  expect(runFacts(run)[0].text).toBe("60 training, 0 validation, 20 test images");
  expect(runFacts(run).filter(({ isCode }) => isCode)).toEqual([{ label: "Run id", text: run.id, isCode: true }]);
});

test("a run whose head a solver fitted: iterations", () => {
  expect(runInput(recordOf("linear-probe"))).toMatchObject({
    unit: "Iteration",
    caption: "Fold 3, seed 0: 10 iterations",
  });
});

test("a run without training has no curve and shows what it stores", () => {
  const run = { ...recordOf("nearest-mean"), storedNumbers: 1024 };
  expect(runInput(run)).toBeNull();
  expect(runFacts(run)[1]).toEqual({
    label: "Training",
    text: "None; predicts with 1\u202f024 numbers from the training images",
  });
});

test("how settings were chosen stands between the split and the device", () => {
  const run = {
    ...recordOf("lora"),
    microBatch: 4,
    headRates: { chosen: 0.01, candidates: [{ headLr: 0.01, valLoss: 0.5 }] },
    penalty: { chosen: 1, candidates: [{ C: 1, valLoss: 0.5 }] },
  };
  const labels = runFacts(run).map(({ label }) => label);
  expect(labels.slice(1, 4)).toEqual(["Penalty", "Passes", "Head learning rate"]);
  expect(runFacts(run)[2].text).toBe("4 images at a time");
});
