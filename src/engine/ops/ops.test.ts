/**
 * Every case of every operator: the inferred shape is the reference's, and the gradient is the
 * finite difference's.
 */
import { describe, expect, test } from "vitest";
import { createPrng } from "../../base/prng";
import { gradients } from "../graph/autodiff";
import { interpret } from "../graph/interpret";
import { sizeOf, type Tensor, tensor } from "../graph/tensor";
import type { Value } from "../graph/value";
import { ops } from "./index";
import { allCases, caseGraph, caseInputs } from "./testing";

test("every operator has a case", () => {
  expect([...ops.values()].filter((def) => def.cases.length === 0).map((def) => def.type)).toEqual([]);
});

describe.each(allCases)("$name", ({ def, c }) => {
  test("the reference has the inferred shape", () => {
    const { leaves, y } = caseGraph(def, c);
    const inputs = caseInputs(def, c);
    const [out] = interpret([y], new Map(leaves.map((leaf, i) => [leaf, inputs[i]])));
    expect(out.shape).toEqual(y.shape);
    expect(out.data.length).toBe(sizeOf(y.shape));
    expect([...out.data].every(Number.isFinite)).toBe(true);
  });

  test("the gradient is the finite difference's", () => {
    const { b, leaves, y } = caseGraph(def, c);
    const prng = createPrng(7, def.type);
    const probe = tensor(
      y.shape,
      Float32Array.from({ length: sizeOf(y.shape) }, () => prng.normal()),
    );
    const loss = b.reshape(
      b.sum(
        b.mul(y, b.constant(probe)),
        y.shape.map((_, i) => i),
      ),
      [],
    );
    const grads = gradients(b, loss, leaves);
    const inputs = caseInputs(def, c);
    const at = (values: readonly Tensor[], out: Value) =>
      interpret([out], new Map(leaves.map((leaf, i) => [leaf, values[i]])))[0].data;
    // The loss in float64: the probe's weighted sum of the reference's result.
    const lossAt = (values: readonly Tensor[]) =>
      Array.from(at(values, y)).reduce((s, v, i) => s + v * probe.data[i], 0);
    grads.forEach((g, k) => {
      if (!g) return;
      const analytic = at(inputs, g);
      for (const i of new Set([0, 1, 5, sizeOf(inputs[k].shape) - 1])) {
        if (i >= inputs[k].data.length) continue;
        const moved = (by: number) =>
          inputs.map((t, j) =>
            j === k ? tensor(t.shape, t.data.map((v, n) => (n === i ? v + by : v)) as Float32Array) : t,
          );
        const h = 2e-3;
        const numeric = (lossAt(moved(h)) - lossAt(moved(-h))) / (2 * h);
        expect(Math.abs(analytic[i] - numeric)).toBeLessThan(2e-2 * Math.max(1, Math.abs(numeric)));
      }
    });
  });
});
