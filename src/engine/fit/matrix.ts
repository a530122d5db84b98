/** Dense matrices in float64, and the few products that fitting needs, written so that inner loops run over contiguous rows. */

/** Row-major [rows, columns]. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

export function matrix(rows: number, columns: number, data: Float64Array = new Float64Array(rows * columns)): Matrix {
  return { rows, columns, data };
}

/** The rows of these indices, copied. */
export function pickRows(x: Matrix, indices: readonly number[]): Matrix {
  const out = matrix(indices.length, x.columns);
  indices.forEach((row, i) => void out.data.set(rowOf(x, row), i * x.columns));
  return out;
}

/** A view of row i, [columns]. */
export function rowOf({ data, columns }: Matrix, i: number): Float64Array {
  return data.subarray(i * columns, (i + 1) * columns);
}

/** Σ a_j·b_j over [from, a.length). Four partial sums: one chain of additions would wait for each. */
export function dot(a: Float64Array, b: Float64Array, from = 0): number {
  const n = a.length;
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let j = from;
  for (; j + 3 < n; j += 4) {
    s0 += a[j] * b[j];
    s1 += a[j + 1] * b[j + 1];
    s2 += a[j + 2] * b[j + 2];
    s3 += a[j + 3] * b[j + 3];
  }
  for (; j < n; j++) s0 += a[j] * b[j];
  return s0 + s1 + (s2 + s3);
}

/** y += t·x over [from, x.length). */
export function addScaled(y: Float64Array, t: number, x: Float64Array, from = 0): void {
  for (let j = from; j < x.length; j++) y[j] += t * x[j];
}

/** X·Wᵀ: [n, d] and [k, d] → [n, k]. */
export function timesTransposed(x: Matrix, w: Matrix): Matrix {
  const out = matrix(x.rows, w.rows);
  const weights = Array.from({ length: w.rows }, (_, c) => rowOf(w, c));
  for (let i = 0; i < x.rows; i++) {
    const row = rowOf(x, i);
    for (let c = 0; c < w.rows; c++) out.data[i * w.rows + c] = dot(row, weights[c]);
  }
  return out;
}

/** Eᵀ·X: [n, k] and [n, d] → [k, d]. Four rows of X at a time, so that the sums are read and written a quarter as often. */
export function transposedTimes(e: Matrix, x: Matrix): Matrix {
  const [n, k, d] = [x.rows, e.columns, x.columns];
  const out = matrix(k, d);
  for (let c = 0; c < k; c++) {
    const sum = rowOf(out, c);
    let i = 0;
    for (; i + 3 < n; i += 4) {
      const [x0, x1, x2, x3] = [rowOf(x, i), rowOf(x, i + 1), rowOf(x, i + 2), rowOf(x, i + 3)];
      const [e0, e1, e2, e3] = [0, 1, 2, 3].map((r) => e.data[(i + r) * k + c]);
      for (let j = 0; j < d; j++) sum[j] += e0 * x0[j] + e1 * x1[j] + (e2 * x2[j] + e3 * x3[j]);
    }
    for (; i < n; i++) addScaled(sum, e.data[i * k + c], rowOf(x, i));
  }
  return out;
}

/** Σ_i s_i·x_i·x_iᵀ: [n, d] and [n] ≥ 0 → [d, d], symmetric. */
export function weightedGram(x: Matrix, s: ArrayLike<number>): Matrix {
  const [n, d] = [x.rows, x.columns];
  const scaled = matrix(d, n);
  for (let i = 0; i < n; i++) {
    const root = Math.sqrt(s[i]);
    for (let j = 0; j < d; j++) scaled.data[j * n + i] = root * x.data[i * d + j];
  }
  const out = matrix(d, d);
  const set = (j: number, k: number, value: number) => {
    if (j < d && k < d) out.data[j * d + k] = out.data[k * d + j] = value;
  };
  // Blocks of two by two: each row that is read serves two products.
  const row = (j: number) => rowOf(scaled, Math.min(j, d - 1));
  for (let j = 0; j < d; j += 2) {
    const [a, b] = [row(j), row(j + 1)];
    for (let k = 0; k <= j; k += 2) {
      const [p, q] = [row(k), row(k + 1)];
      let [ap, aq, bp, bq] = [0, 0, 0, 0];
      for (let i = 0; i < n; i++) {
        ap += a[i] * p[i];
        aq += a[i] * q[i];
        bp += b[i] * p[i];
        bq += b[i] * q[i];
      }
      set(j, k, ap);
      set(j, k + 1, aq);
      set(j + 1, k, bp);
      set(j + 1, k + 1, bq);
    }
  }
  return out;
}
