/**
 * Dense matrices in float64 and the few products that fitting needs. Inner loops run over
 * contiguous rows.
 */

/** Row-major [rows, columns]. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

export function matrix(rows: number, columns: number, data: Float64Array = new Float64Array(rows * columns)): Matrix {
  return { rows, columns, data };
}

/** Copies the rows with these indices. */
export function pickRows(x: Matrix, indices: readonly number[]): Matrix {
  const out = matrix(indices.length, x.columns);
  indices.forEach((row, i) => void out.data.set(rowOf(x, row), i * x.columns));
  return out;
}

/** A view of row i, [columns]. */
export function rowOf({ data, columns }: Matrix, i: number): Float64Array {
  return data.subarray(i * columns, (i + 1) * columns);
}

/**
 * Σ a_j·b_j over [from, a.length). Four partial sums run in parallel, where a single one would make
 * each addition wait for the one before.
 */
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

/**
 * X·Wᵀ: [n, d] and [k, d] → [n, k]. It handles four rows of X at a time to read each weight a
 * quarter as often.
 */
export function timesTransposed({ rows: n, columns: d, data: x }: Matrix, w: Matrix): Matrix {
  const k = w.rows;
  const out = matrix(n, k);
  const y = out.data;
  for (let c = 0; c < k; c++) {
    const weights = rowOf(w, c);
    let i = 0;
    for (; i + 3 < n; i += 4) {
      const [p, q, r, s] = [i * d, (i + 1) * d, (i + 2) * d, (i + 3) * d];
      let [y0, y1, y2, y3] = [0, 0, 0, 0];
      for (let j = 0; j < d; j++) {
        const v = weights[j];
        y0 += x[p + j] * v;
        y1 += x[q + j] * v;
        y2 += x[r + j] * v;
        y3 += x[s + j] * v;
      }
      y[i * k + c] = y0;
      y[(i + 1) * k + c] = y1;
      y[(i + 2) * k + c] = y2;
      y[(i + 3) * k + c] = y3;
    }
    for (; i < n; i++) y[i * k + c] = dot(x.subarray(i * d, (i + 1) * d), weights);
  }
  return out;
}

/**
 * Eᵀ·X: [n, k] and [n, d] → [k, d]. It handles four rows of X at a time to read and write the sums
 * a quarter as often.
 */
export function transposedTimes({ columns: k, data: e }: Matrix, { rows: n, columns: d, data: x }: Matrix): Matrix {
  const out = matrix(k, d);
  for (let c = 0; c < k; c++) {
    const sum = rowOf(out, c);
    let i = 0;
    for (; i + 3 < n; i += 4) {
      const [p, q, r, s] = [i * d, (i + 1) * d, (i + 2) * d, (i + 3) * d];
      const [e0, e1, e2, e3] = [e[i * k + c], e[(i + 1) * k + c], e[(i + 2) * k + c], e[(i + 3) * k + c]];
      for (let j = 0; j < d; j++) sum[j] += e0 * x[p + j] + e1 * x[q + j] + (e2 * x[r + j] + e3 * x[s + j]);
    }
    for (; i < n; i++) addScaled(sum, e[i * k + c], x.subarray(i * d, (i + 1) * d));
  }
  return out;
}
