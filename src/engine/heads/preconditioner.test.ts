/**
 * The preconditioner is the inverse where that is cheap, and else symmetric, positive and close to
 * it.
 */
import { expect, it } from "vitest";
import { createPrng } from "../../base";
import { addScaled, dot, matrix, rowOf } from "./matrix";
import { createPreconditioner } from "./preconditioner";

const prng = createPrng(0, "preconditioner");
const normals = (count: number) => Float64Array.from({ length: count }, () => prng.normal());
const weights = (n: number) => Array.from({ length: n }, (_, i) => (i % 4) / 2);

/** (I + c·XᵀSX)·v */
function times(x: ReturnType<typeof matrix>, s: number[], c: number, v: Float64Array): Float64Array {
  const out = v.slice();
  s.forEach((weight, i) => void addScaled(out, c * weight * dot(rowOf(x, i), v), rowOf(x, i)));
  return out;
}

it.each([
  ["few features", 20, 6],
  ["features of low rank", 3, 12],
])("is the inverse for %s", (_, n, d) => {
  const [x, s, v] = [matrix(n, d, normals(n * d)), weights(n), normals(d)];
  for (const c of [0, 0.01, 1, 100]) {
    const got = v.slice();
    createPreconditioner(x, s)(c)(got);
    times(x, s, c, got).forEach((value, j) => void expect(value).toBeCloseTo(v[j], 7));
  }
});

it("is symmetric and positive, and near the inverse where few of many directions vary much", () => {
  const [n, d] = [150, 120];
  const x = matrix(n, d, normals(n * d));
  for (let k = 0; k < x.data.length; k++) x.data[k] /= (1 + (k % d)) ** 1.5;
  const s = weights(n);
  const [u, v] = [normals(d), normals(d)];
  const [pu, pv] = [u.slice(), v.slice()];
  const precondition = createPreconditioner(x, s)(1);
  precondition(pu);
  precondition(pv);
  expect(dot(u, pv)).toBeCloseTo(dot(v, pu), 10);
  expect(dot(u, pu)).toBeGreaterThan(0);
  const left = times(x, s, 1, pv);
  addScaled(left, -1, v);
  expect(Math.sqrt(dot(left, left) / dot(v, v))).toBeLessThan(0.05);
});
