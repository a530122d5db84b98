/**
 * Householder reflections bring the rows of a wide matrix to triangular form, and apply the
 * orthogonal factor without forming it. Golub & Van Loan, Matrix Computations, 5.1 and 5.2.
 */
import { addScaled, dot, type Matrix, matrix, rowOf } from "./matrix";

/** I − β·v·vᵀ, v zero before `from`. */
interface Reflection {
  v: Float64Array;
  beta: number;
  from: number;
}

/** x ← Q·x for an orthogonal matrix Q, a product of reflections H_0·H_1·…. */
export type Orthogonal = (x: Float64Array) => void;

function reflect(x: Float64Array, { v, beta, from }: Reflection): void {
  if (beta !== 0) addScaled(x, -beta * dot(v, x, from), v, from);
}

/** The reflection that maps the part of x from `from` on to a multiple of its first axis. */
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
 * Decomposes a wide matrix X = L·Qᵀ [n, d], n ≤ d: the rows of L are those of X in an orthonormal
 * basis of their span.
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
  const q: Orthogonal = (x) => {
    for (let k = list.length - 1; k >= 0; k--) reflect(x, list[k]);
  };
  return { l, q };
}
