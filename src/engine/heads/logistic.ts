/**
 * Logistic regression with an L2 penalty, with the objective of scikit-learn's LogisticRegression:
 * minimise ½‖W‖² + C·Σ s_i·loss_i, with no penalty on the intercept. Two classes have one row of
 * weights, more classes have one row each (softmax).
 *
 * L-BFGS solves it in float64 on the whole training part. Four things make it fast:
 * - Features [n, d] with n < d are reduced to the n dimensions that the training images span,
 *   because the solution lies there.
 * - The preconditioner is near the Hessian for equally likely classes, I + C·q·XᵀSX, and is made
 *   once for all C.
 * - The line search reads margins alone. It costs nothing beside the two products with X of an
 *   iteration.
 * - Along a path of C, a fit starts in the direction of the fits before it, as far as the same line
 *   search goes.
 */
import { RadaptError } from "../../base/error";
import { type Orthogonal, triangular } from "./householder";
import { createLbfgs } from "./lbfgs";
import { createLosses, lineSearch } from "./logistic-loss";
import { addScaled, dot, type Matrix, matrix, rowOf, timesTransposed, transposedTimes } from "./matrix";
import { createPreconditioner } from "./preconditioner";

export interface LogisticProblem {
  /** [n, D], finite. */
  features: Matrix;
  /** [n] class indices below `classes`. */
  labels: ArrayLike<number>;
  /** [n] weights of the images' losses, ≥ 0. */
  weights: ArrayLike<number>;
  /** C ≥ 2. */
  classes: number;
}

/** logits = features·weightᵀ + bias. */
export interface LinearHead {
  /** [C, D] */
  weight: Matrix;
  /** [C] */
  bias: Float64Array;
}

export interface LogisticFit {
  C: number;
  head: LinearHead;
  iterations: number;
  /** ‖gradient‖ of the objective at the end. */
  gradient: number;
  /** True if ‖gradient‖ ≤ tolerance·min(1, C·Σ s_i)·max(1, ‖W‖). */
  converged: boolean;
}

/**
 * Fits of one problem with one C after the other. The order from strong to weak penalties is the
 * fastest, because each fit starts from those before.
 */
export interface LogisticPath {
  /** Yields after each iteration a function that gives the current head; returns the fit. */
  iterate(C: number): Generator<() => LinearHead, LogisticFit>;
  /** Runs all iterations. */
  fit(C: number): LogisticFit;
}

export interface LogisticSolver {
  /** @param tolerance see `LogisticFit.converged`; default: `TOLERANCE` */
  path(tolerance?: number): LogisticPath;
}

/**
 * The objective is at least as curved as ½‖W‖² along the weights, so their error is at most
 * ‖gradient‖. Along the intercept its curvature is C·Σ s_i, hence the factor where that is small.
 */
const TOLERANCE = 1e-6;
/**
 * Enough to compare penalties: weights are off by at most a thousandth, validation losses by some
 * ten-thousandths.
 */
export const SEARCH_TOLERANCE = 1e-3;
const MAX_ITERATIONS = 1000;
/** Number of earlier fits whose direction a path follows. A third adds nothing. */
const TRENDS = 2;

/** Intercept of a class without training images: its probability is 0, and the number is finite. */
export const ABSENT = -1e4;

/** @throws RadaptError `fit.one-class` when fewer than two classes have weight */
export function createLogisticSolver({ features, labels, weights, classes }: LogisticProblem): LogisticSolver {
  const totals = new Float64Array(classes);
  for (let i = 0; i < features.rows; i++) totals[labels[i]] += weights[i];
  const present = Array.from(totals.keys()).filter((c) => totals[c] > 0);
  if (present.length < 2) {
    throw new RadaptError("Logistic regression needs training images of two classes.", {
      code: "fit.one-class",
      where: "the training images",
      expected: "images of positive weight in at least two classes",
      got: `${present.length} of ${classes} classes`,
      remedy: "Use fewer folds, more shots, or more images of the rare classes.",
    });
  }
  const total = dot(totals, new Float64Array(classes).fill(1));
  const center = transposedTimes(matrix(features.rows, 1, Float64Array.from(weights)), features).data;
  for (let j = 0; j < center.length; j++) center[j] /= total;
  const centered = matrix(features.rows, features.columns, features.data.slice());
  for (let i = 0; i < features.rows; i++) addScaled(rowOf(centered, i), -1, center);
  const { l, q: basis } = features.rows < features.columns ? triangular(centered) : { l: centered, q: null };
  const preconditioner = createPreconditioner(l, weights);

  const rows = present.length === 2 ? 1 : present.length;
  const width = l.columns;
  const losses = createLosses(
    Int32Array.from(labels, (label) => present.indexOf(label)),
    weights,
    rows,
  );
  /** Weights [rows, width] and intercepts [rows], as views. */
  const split = (state: Float64Array) => ({
    w: matrix(rows, width, state.subarray(0, rows * width)),
    b: state.subarray(rows * width),
  });
  const marginsOf = (state: Float64Array): Float64Array => {
    const { w, b } = split(state);
    const { data } = timesTransposed(l, w);
    for (let k = 0; k < data.length; k++) data[k] += b[k % rows];
    return data;
  };
  /** The objective's gradient from that of the data term: the penalty adds the weights. */
  const penalized = (data: Float64Array, state: Float64Array, C: number): Float64Array =>
    data.map((v, k) => C * v + (k < rows * width ? state[k] : 0));
  const dataGradient = (margins: Float64Array): Float64Array => {
    const residuals = losses.residuals(margins);
    const gradient = new Float64Array(rows * (width + 1));
    const { w, b } = split(gradient);
    w.data.set(transposedTimes(matrix(l.rows, rows, residuals), l).data);
    for (let k = 0; k < residuals.length; k++) b[k % rows] += residuals[k];
    return gradient;
  };
  /**
   * Moves along a direction as far as the objective falls. @returns the step as a share of `along`
   */
  const advance = ({ state, margins }: SolverState, along: SolverState, C: number): number => {
    const [w, dw] = [split(state).w.data, split(along.state).w.data];
    const t = lineSearch({ losses, C, margins, along: along.margins, penalty: [dot(w, dw), dot(dw, dw)] });
    addScaled(state, t, along.state);
    addScaled(margins, t, along.margins);
    return t;
  };
  const placeOf = (state: Float64Array): SolverState => ({ state, margins: marginsOf(state) });
  const headOf = (state: Float64Array) => toHead(split(state), { basis, center, present, classes });

  function createPath(tolerance = TOLERANCE): LogisticPath {
    const at = placeOf(startOf(rows, width, present, totals));
    /** How far the latest fits moved, the last one first. */
    let trends: SolverState[] = [];

    function* iterate(C: number): Generator<() => LinearHead, LogisticFit> {
      const start = { state: at.state.slice(), margins: at.margins.slice() };
      for (const trend of trends) advance(at, trend, C);
      const { state, margins } = at;
      const curvature = C * losses.curvature(margins);
      const precondition = preconditioner(curvature);
      const memory = createLbfgs((x) => {
        const { w, b } = split(x);
        for (let c = 0; c < rows; c++) precondition(rowOf(w, c));
        for (let c = 0; c < rows; c++) b[c] /= curvature * total;
      });
      const w = split(state).w.data;
      let gradient = penalized(dataGradient(margins), state, C);
      const norm = () => Math.sqrt(dot(gradient, gradient));
      const isDone = () => norm() <= tolerance * Math.min(1, C * total) * Math.max(1, Math.sqrt(dot(w, w)));
      let iterations = 0;
      while (!isDone() && iterations < MAX_ITERATIONS) {
        const along = placeOf(memory.direction(gradient));
        const t = advance(at, along, C);
        if (t === 0) break;
        const before = gradient;
        gradient = penalized(dataGradient(margins), state, C);
        memory.update(
          along.state.map((v) => t * v),
          gradient.map((v, k) => v - before[k]),
        );
        iterations++;
        yield () => headOf(state);
      }
      const moved = {
        state: state.map((v, k) => v - start.state[k]),
        margins: margins.map((v, k) => v - start.margins[k]),
      };
      trends = [moved, ...trends].slice(0, TRENDS);
      return { C, head: headOf(state), iterations, gradient: norm(), converged: isDone() };
    }
    return {
      iterate,
      fit: (C) => {
        const steps = iterate(C);
        for (let next = steps.next(); ; next = steps.next()) if (next.done) return next.value;
      },
    };
  }
  return { path: createPath };
}

/** A state and its margins. Both are linear, so places can be added and scaled together. */
interface SolverState {
  state: Float64Array;
  margins: Float64Array;
}

/** Zero weights, and intercepts from the classes' shares of the total weight. */
function startOf(rows: number, width: number, present: readonly number[], totals: Float64Array): Float64Array {
  const state = new Float64Array(rows * (width + 1));
  const logs = present.map((c) => Math.log(totals[c]));
  const mean = logs.reduce((sum, v) => sum + v, 0) / logs.length;
  if (rows === 1) state[width] = logs[1] - logs[0];
  else logs.forEach((v, c) => void (state[rows * width + c] = v - mean));
  return state;
}

interface Coordinates {
  /** Basis of the reduced features; null if they are not reduced. */
  basis: Orthogonal | null;
  /** [D], what was subtracted from the features. */
  center: Float64Array;
  /** Classes that have training images, in order. */
  present: readonly number[];
  classes: number;
}

/**
 * The head for the features as given. With two classes each gets half of the one row, so that both
 * have the same norm.
 */
function toHead(
  { w, b }: { w: Matrix; b: Float64Array },
  { basis, center, present, classes }: Coordinates,
): LinearHead {
  const full = Array.from(b, (bias, c) => {
    const row = new Float64Array(center.length);
    row.set(rowOf(w, c));
    basis?.(row);
    return { row, bias: bias - dot(row, center) };
  });
  const head = { weight: matrix(classes, center.length), bias: new Float64Array(classes).fill(ABSENT) };
  present.forEach((label, at) => {
    const [of, scale] = full.length === 1 ? [full[0], at === 0 ? -0.5 : 0.5] : [full[at], 1];
    addScaled(rowOf(head.weight, label), scale, of.row);
    head.bias[label] = scale * of.bias;
  });
  return head;
}

/** Logits of features [n, D] → [n, C]. */
export function applyHead({ weight, bias }: LinearHead, features: Matrix): Matrix {
  const logits = timesTransposed(features, weight);
  for (let k = 0; k < logits.data.length; k++) logits.data[k] += bias[k % bias.length];
  return logits;
}
