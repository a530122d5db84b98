/**
 * An approximate inverse of I + c·XᵀSX for any c ≥ 0. It is exact on a Krylov space, which holds
 * the directions in which images vary most, and uses the mean of the remaining eigenvalues
 * elsewhere. Lanczos with full reorthogonalisation: Golub & Van Loan, Matrix Computations, 10.1 and
 * 10.3.
 */
import { createPrng } from "../../base";
import { addScaled, dot, type Matrix, matrix, rowOf, timesTransposed, transposedTimes } from "./matrix";

/** VᵀAV = T of A = XᵀSX. */
interface Krylov {
  /** Orthonormal rows [k, d]. */
  basis: Matrix;
  /** T's diagonal [k] and the diagonal beside it [k − 1]. */
  diagonal: Float64Array;
  beside: Float64Array;
  /** Mean of the remaining eigenvalues of A. */
  rest: number;
}

/** Number of products with A. More of them save few iterations of a fit and cost one each. */
const MAX_DIRECTIONS = 48;
/** A direction below this share of the first one's length consists of rounding errors. */
const MIN_DIRECTION = 1e-8;

/**
 * @param x [n, d]
 * @param s [n] ≥ 0
 * @returns for a factor c: x ← (I + c·XᵀSX)⁻¹·x of a vector [d], nearly
 */
export function createPreconditioner(x: Matrix, s: ArrayLike<number>): (c: number) => (x: Float64Array) => void {
  const krylov = lanczos(x, s);
  const { basis, rest } = krylov;
  return (c) => {
    const solve = solveTridiagonal(krylov, c);
    const elsewhere = 1 / (1 + c * rest);
    return (v) => {
      const inside = timesTransposed(basis, matrix(1, v.length, v)).data;
      const solved = inside.slice();
      solve(solved);
      for (let j = 0; j < v.length; j++) v[j] *= elsewhere;
      for (let k = 0; k < inside.length; k++) addScaled(v, solved[k] - elsewhere * inside[k], rowOf(basis, k));
    };
  };
}

function lanczos(x: Matrix, s: ArrayLike<number>): Krylov {
  const d = x.columns;
  let trace = 0;
  for (let i = 0; i < x.rows; i++) trace += s[i] * dot(rowOf(x, i), rowOf(x, i));
  const prng = createPrng(0, "lanczos");
  let next = Float64Array.from({ length: d }, () => prng.normal());
  let norm = Math.sqrt(dot(next, next));
  const vectors: Float64Array[] = [];
  const diagonal: number[] = [];
  const beside: number[] = [];
  while (vectors.length < Math.min(MAX_DIRECTIONS, d)) {
    const v = next.map((value) => value / norm);
    if (vectors.length > 0) beside.push(norm);
    vectors.push(v);
    const images = timesTransposed(x, matrix(1, d, v)).data;
    for (let i = 0; i < images.length; i++) images[i] *= s[i];
    next = transposedTimes(matrix(x.rows, 1, images), x).data as Float64Array<ArrayBuffer>;
    diagonal.push(dot(next, v));
    // Twice is enough: Parlett, The Symmetric Eigenvalue Problem, 6.9.
    for (let pass = 0; pass < 2; pass++) for (const w of vectors) addScaled(next, -dot(next, w), w);
    norm = Math.sqrt(dot(next, next));
    if (norm <= MIN_DIRECTION * diagonal[0]) break;
  }
  const k = vectors.length;
  const basis = matrix(k, d);
  vectors.forEach((v, row) => void rowOf(basis, row).set(v));
  const told = diagonal.reduce((sum, v) => sum + v, 0);
  const rest = d > k ? Math.max(0, trace - told) / (d - k) : 0;
  return { basis, diagonal: Float64Array.from(diagonal), beside: Float64Array.from(beside), rest };
}

/** x ← (I + c·T)⁻¹·x by LDLᵀ, for a positive semidefinite tridiagonal matrix. */
function solveTridiagonal({ diagonal, beside }: Krylov, c: number): (x: Float64Array) => void {
  const k = diagonal.length;
  const pivots = new Float64Array(k);
  const factors = new Float64Array(k);
  for (let i = 0; i < k; i++) {
    const off = i > 0 ? c * beside[i - 1] : 0;
    factors[i] = i > 0 ? off / pivots[i - 1] : 0;
    // Rounding may push a pivot below 1, which the identity guarantees.
    pivots[i] = Math.max(1 + c * diagonal[i] - factors[i] * off, 1);
  }
  return (x) => {
    for (let i = 1; i < k; i++) x[i] -= factors[i] * x[i - 1];
    for (let i = 0; i < k; i++) x[i] /= pivots[i];
    for (let i = k - 2; i >= 0; i--) x[i] -= factors[i + 1] * x[i + 1];
  };
}
