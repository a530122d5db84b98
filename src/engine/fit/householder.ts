/**
 * Householder reflections: rows of a wide matrix brought to triangular form, a symmetric matrix to tridiagonal form, and the
 * orthogonal factor of either applied without being formed. Golub & Van Loan, Matrix Computations, 5.1, 5.2 and 8.3.1.
 */
import { addScaled, dot, type Matrix, matrix, rowOf } from "./matrix";

/** I − β·v·vᵀ, v zero before `from`. */
interface Reflection {
  v: Float64Array;
  beta: number;
  from: number;
}

/** A product of reflections H_0·H_1·…, an orthogonal matrix Q. */
export interface Orthogonal {
  /** x ← Q·x. */
  apply(x: Float64Array): void;
  /** x ← Qᵀ·x. */
  applyTransposed(x: Float64Array): void;
}

function reflect(x: Float64Array, { v, beta, from }: Reflection): void {
  if (beta !== 0) addScaled(x, -beta * dot(v, x, from), v, from);
}

function orthogonal(list: readonly Reflection[]): Orthogonal {
  return {
    apply: (x) => {
      for (let k = list.length - 1; k >= 0; k--) reflect(x, list[k]);
    },
    applyTransposed: (x) => {
      for (const reflection of list) reflect(x, reflection);
    },
  };
}

/** The reflection that takes the part of x from `from` on to a multiple of its first axis. */
function reflectionOf(x: Float64Array, from: number): Reflection {
  const v = new Float64Array(x.length);
  v.set(x.subarray(from), from);
  const rest = from + 1 < v.length ? dot(v, v, from + 1) : 0;
  if (rest === 0) return { v, beta: 0, from };
  const norm = Math.sqrt(v[from] * v[from] + rest);
  v[from] += v[from] >= 0 ? norm : -norm;
  return { v, beta: 2 / (v[from] * v[from] + rest), from };
}

/**
 * X = L·Qᵀ of a wide matrix [n, d], n ≤ d: rows in an orthonormal basis of what they span.
 *
 * @returns L [n, n], lower triangular, and Q [d, d], whose first n columns are the basis
 */
export function triangular(x: Matrix): { l: Matrix; q: Orthogonal } {
  const [n, d] = [x.rows, x.columns];
  const work = matrix(n, d, x.data.slice());
  const list: Reflection[] = [];
  for (let k = 0; k < n; k++) {
    const reflection = reflectionOf(rowOf(work, k), k);
    list.push(reflection);
    for (let i = k; i < n; i++) reflect(rowOf(work, i), reflection);
  }
  const l = matrix(n, n);
  for (let i = 0; i < n; i++) l.data.set(rowOf(work, i).subarray(0, i + 1), i * n);
  return { l, q: orthogonal(list) };
}

/**
 * A = Q·T·Qᵀ of a symmetric matrix [d, d].
 *
 * @returns T's diagonal [d], the diagonal beside it [d − 1], and Q
 */
export function tridiagonal(a: Matrix): { diagonal: Float64Array; beside: Float64Array; q: Orthogonal } {
  const d = a.rows;
  const work = matrix(d, d, a.data.slice());
  const beside = new Float64Array(Math.max(0, d - 1));
  const list: Reflection[] = [];
  for (let k = 0; k + 1 < d; k++) {
    const reflection = reflectionOf(rowOf(work, k), k + 1);
    const { v, beta } = reflection;
    list.push(reflection);
    const head = rowOf(work, k).slice();
    reflect(head, reflection);
    beside[k] = head[k + 1];
    if (beta === 0) continue;
    // A ← A − v·wᵀ − w·vᵀ with w = β·A·v − (β²/2)·(vᵀ·A·v)·v, on what is left of A.
    const w = new Float64Array(d);
    for (let i = k + 1; i < d; i++) w[i] = beta * dot(rowOf(work, i), v, k + 1);
    addScaled(w, (-beta / 2) * dot(w, v, k + 1), v, k + 1);
    for (let i = k + 1; i < d; i++) {
      const row = rowOf(work, i);
      const [vi, wi] = [v[i], w[i]];
      for (let j = k + 1; j < d; j++) row[j] -= vi * w[j] + wi * v[j];
    }
  }
  return { diagonal: Float64Array.from({ length: d }, (_, i) => work.data[i * d + i]), beside, q: orthogonal(list) };
}

/** x ← (shift·I + scale·T)⁻¹·x by LDLᵀ, for a positive definite tridiagonal matrix. */
export function solveTridiagonal(
  { diagonal, beside }: { diagonal: Float64Array; beside: Float64Array },
  shift: number,
  scale: number,
): (x: Float64Array) => void {
  const d = diagonal.length;
  const pivots = new Float64Array(d);
  const factors = new Float64Array(d);
  for (let i = 0; i < d; i++) {
    const off = i > 0 ? scale * beside[i - 1] : 0;
    factors[i] = i > 0 ? off / pivots[i - 1] : 0;
    // Rounding may push a pivot below what the shift alone guarantees.
    pivots[i] = Math.max(shift + scale * diagonal[i] - factors[i] * off, shift);
  }
  return (x) => {
    for (let i = 1; i < d; i++) x[i] -= factors[i] * x[i - 1];
    for (let i = 0; i < d; i++) x[i] /= pivots[i];
    for (let i = d - 2; i >= 0; i--) x[i] -= factors[i + 1] * x[i + 1];
  };
}
