/**
 * Every case of every operator: the inferred shape is the reference's, and the gradient is the
 * finite difference's.
 */
import { describe, expect, test, vi } from "vitest";
import { worstElement } from "../../base/closeness";
import { createPrng } from "../../base/prng";
import { gradients } from "../graph/autodiff";
import { interpret } from "../graph/interpret";
import { sizeOf, type Tensor, tensor } from "../graph/tensor";
import type { Value } from "../graph/value";
import { isDifferentiable } from "./define";
import { ops } from "./index";
import { allCases, caseGraph, caseInputs } from "./testing";

test("every operator has a case", () => {
  expect([...ops.values()].filter((def) => def.cases.length === 0).map((def) => def.type)).toEqual([]);
});

/**
 * Runs with float64 wherever the interpreter stores float32: a finite difference needs the digits.
 */
function inFloat64<T>(run: () => T): T {
  vi.stubGlobal("Float32Array", Float64Array);
  try {
    return run();
  } finally {
    vi.unstubAllGlobals();
  }
}

/** Half the distance of the two points of a central difference. */
const STEP = 2e-5;
/**
 * Share of a derivative that float32 constants of the graph and the approximation of erf (2e-7)
 * leave open.
 */
const RTOL = 3e-5;
/**
 * Rounding of a float64 loss, divided by the distance of its points, with room for the sums in it.
 */
const ROUNDING = 64 * (Number.EPSILON / STEP);

/** d f / d v at 0, of fourth order: (8 (f(h) − f(−h)) − (f(2h) − f(−2h))) / 12h. */
const derivative = (f: (by: number) => number) =>
  (8 * (f(STEP) - f(-STEP)) - (f(2 * STEP) - f(-2 * STEP))) / (12 * STEP);

/**
 * Elements to differentiate by: the first and last, and those with the smallest gradients besides
 * zero.
 */
function probed(gradient: ArrayLike<number>): number[] {
  const bySize = Array.from(gradient, (_, i) => i)
    .filter((i) => gradient[i] !== 0)
    .sort((a, b) => Math.abs(gradient[a]) - Math.abs(gradient[b]));
  return [...new Set([0, 1, 5, gradient.length - 1, ...bySize.slice(0, 4), ...bySize.slice(-1)])].filter(
    (i) => i < gradient.length,
  );
}

describe.each(allCases)("$name", ({ def, c }) => {
  test("the reference has the inferred shape", () => {
    const { leaves, y } = caseGraph(def, c);
    const inputs = caseInputs(def, c);
    const [out] = interpret([y], new Map(leaves.map((leaf, i) => [leaf, inputs[i]])));
    expect(out.shape).toEqual(y.shape);
    expect(out.data.length).toBe(sizeOf(y.shape));
    expect([...out.data].every(Number.isFinite)).toBe(true);
  });

  test("every input that can have a gradient has the finite difference's", () => {
    const { b, leaves, y } = caseGraph(def, c);
    const wrt = leaves.map((_, k) => k).filter((k) => isDifferentiable(def, k));
    const prng = createPrng(7, def.type);
    const probe = Float64Array.from({ length: sizeOf(y.shape) }, () => Math.fround(prng.normal()));
    const weighted = b.mul(y, b.constant(tensor(y.shape, Float32Array.from(probe))));
    const axes = y.shape.map((_, i) => i);
    const loss = b.reshape(b.sum(weighted, axes), []);
    const grads = gradients(
      b,
      loss,
      wrt.map((k) => leaves[k]),
    );
    expect(wrt.filter((_, n) => grads[n] === null)).toEqual([]);
    const inputs = caseInputs(def, c).map((t) => Float64Array.from(t.data));
    const at = (values: readonly Float64Array[], out: Value): Tensor =>
      inFloat64(() => {
        const given = leaves.map((leaf, i) => [leaf, tensor(leaf.shape, values[i])] as const);
        return interpret([out], new Map(given))[0];
      });
    const terms = (values: readonly Float64Array[]) => Array.from(at(values, y).data, (v, i) => v * probe[i]);
    const atol = ROUNDING * terms(inputs).reduce((sum, term) => sum + Math.abs(term), 0);
    wrt.forEach((k, n) => {
      const analytic = at(inputs, grads[n]!).data;
      const elements = probed(analytic);
      const numeric = elements.map((i) =>
        derivative((by) => {
          const moved = inputs.map((data, j) => (j === k ? data.map((v, e) => (e === i ? v + by : v)) : data));
          return terms(moved).reduce((sum, term) => sum + term, 0);
        }),
      );
      const got = elements.map((i) => analytic[i]);
      const { error, at: worst } = worstElement({ got, want: numeric, rtol: RTOL, atol });
      expect({
        input: k,
        element: elements[worst],
        got: got[worst],
        want: numeric[worst],
        fits: error <= RTOL,
      }).toEqual({ input: k, element: elements[worst], got: got[worst], want: numeric[worst], fits: true });
    });
  });
});
