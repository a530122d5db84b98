/**
 * The pipelines of passes: an error names the broken pass, and no two passes have the same name.
 */
import { expect, test } from "vitest";
import "../ops";
import { Builder } from "../graph/builder";
import { afterCut, afterGradients, beforeCut, forPrediction, type Pass, runPasses } from ".";

const simplifying = beforeCut({ drops: true });

const outputs = () => {
  const b = new Builder();
  const x = b.input("x", [2, 3]);
  return [b.mul(b.add(x, b.scalar(1)), x)];
};

test("a pass that records a wrong shape is named, and those before it are not", () => {
  const broken: Pass = { name: "planted", run: ([y]) => [{ ...y, shape: [3, 2] }] };
  expect(() => runPasses(outputs(), [...simplifying, broken])).toThrow(/after planted: Mul records \[3,2\]/);
  expect(() => runPasses(outputs(), simplifying)).not.toThrow();
});

test("later passes do not run on a broken graph", () => {
  let ran = false;
  const broken: Pass = { name: "planted", run: ([y]) => [{ ...y, shape: [7] }] };
  const later: Pass = {
    name: "later",
    run: (values) => {
      ran = true;
      return values;
    },
  };
  expect(() => runPasses(outputs(), [broken, later])).toThrow(/planted/);
  expect(ran).toBe(false);
});

test("names of passes are distinct", () => {
  const kernels = { maxBuffers: 8 };
  const before = [...beforeCut({ drops: false }), ...afterCut({ fusesAttention: true })];
  const step = [...before, ...afterGradients(kernels)].map(({ name }) => name);
  expect(new Set(step).size).toBe(step.length);
  expect(step.length).toBe(10);
  const prediction = forPrediction(kernels).map(({ name }) => name);
  expect(prediction).toEqual(["remove dropout", "join products", "convolve by products"]);
});
