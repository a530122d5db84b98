/**
 * Logistic regression with an L2 penalty, as scikit-learn's LogisticRegression states it: the least
 * of ½‖W‖² + C·Σ s_i·loss_i, the intercept free of the penalty. Two classes have one row of
 * weights, more classes one row each (softmax).
 *
 * Solved by L-BFGS in float64 on the whole training part. Four things make it quick. Features [n,
 * d] with n < d are turned into the n dimensions that the training images span, where the solution
 * lies. The preconditioner is near the Hessian where all classes are equally likely, I + C·q·XᵀSX,
 * and made once for all C. The line search sees margins alone, so that it costs nothing beside the
 * products with X, of which an iteration has two. Along a path of C, a fit starts where those
 * before it point to, as far as the same line search goes.
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
  /** ‖gradient‖ of the objective where it ended. */
  gradient: number;
  /** True where ‖gradient‖ ≤ tolerance·min(1, C·Σ s_i)·max(1, ‖W‖). */
  converged: boolean;
}

/**
 * Fits of one problem with one C after another, best from strong penalties to weak: each profits
 * from those before.
 */
export interface LogisticPath {
  /**
   * The iterations one by one, each with what gives the head as it then stands; at last the fit.
   */
  iterate(C: number): Generator<() => LinearHead, LogisticFit>;
  /** All iterations at once. */
  fit(C: number): LogisticFit;
}

export interface LogisticSolver {
  /** @param tolerance see `LogisticFit.converged`; default: `TOLERANCE` */
  path(tolerance?: number): LogisticPath;
}

/**
 * The objective curves at least as ½‖W‖² along the weights, so they are off by at most ‖gradient‖;
 * along the intercept it curves with C·Σ s_i, hence the factor where that is small.
 */
const TOLERANCE = 1e-6;
/**
 * Enough to tell penalties apart: weights off by a thousandth at most, validation losses by some
 * ten-thousandths.
 */
export const SEARCH_TOLERANCE = 1e-3;
const MAX_ITERATIONS = 1000;
/** Fits of a path whose direction is followed; a third adds nothing. */
const TRENDS = 2;

/** What a class without training images gets: a probability of 0 that is still a finite number. */
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
  /** The objective's gradient from the data's: the penalty adds the weights. */
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
  /** Goes as far along as the objective falls. @returns the share of `along` */
  const advance = ({ state, margins }: Place, along: Place, C: number): number => {
    const [w, dw] = [split(state).w.data, split(along.state).w.data];
    const t = lineSearch({ losses, C, margins, along: along.margins, penalty: [dot(w, dw), dot(dw, dw)] });
    addScaled(state, t, along.state);
    addScaled(margins, t, along.margins);
    return t;
  };
  const placeOf = (state: Float64Array): Place => ({ state, margins: marginsOf(state) });
  const headOf = (state: Float64Array) => toHead(split(state), { basis, center, present, classes });

  function createPath(tolerance = TOLERANCE): LogisticPath {
    const at = placeOf(startOf(rows, width, present, totals));
    /** What the latest fits moved, the last first. */
    let trends: Place[] = [];

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

/**
 * A state and the margins that go with it: both linear, so that places are added and stretched
 * together.
 */
interface Place {
  state: Float64Array;
  margins: Float64Array;
}

/** No weights; intercepts as the classes' shares of the weight have them. */
function startOf(rows: number, width: number, present: readonly number[], totals: Float64Array): Float64Array {
  const state = new Float64Array(rows * (width + 1));
  const logs = present.map((c) => Math.log(totals[c]));
  const mean = logs.reduce((sum, v) => sum + v, 0) / logs.length;
  if (rows === 1) state[width] = logs[1] - logs[0];
  else logs.forEach((v, c) => void (state[rows * width + c] = v - mean));
  return state;
}

interface Coordinates {
  /** Of the reduced features; null where they are not reduced. */
  basis: Orthogonal | null;
  /** [D], what was subtracted from the features. */
  center: Float64Array;
  /** Classes that have training images, in order. */
  present: readonly number[];
  classes: number;
}

/**
 * The head on the features as given. Of two classes each gets half of the one row, so that both
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
