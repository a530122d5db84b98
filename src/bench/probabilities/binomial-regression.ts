/**
 * Logistic regression of outcomes on one number without a penalty, solved by Newton's method in
 * float64, with the standard errors of the maximum likelihood estimate and of the sandwich by
 * cluster.
 */
import { sigmoid } from "./log-odds";

export interface BinomialProblem {
  /** [n] outcomes in [0, 1]; fractions are allowed. */
  target: readonly number[];
  /** [n] */
  x: readonly number[];
  /** Fits the intercept alone and keeps the slope at 1. */
  fixedSlope?: boolean;
}

export interface BinomialFit {
  intercept: number;
  /** 1 where it was fixed. */
  slope: number;
  /** False without a finite optimum: x is constant or separates the targets. */
  converged: boolean;
}

/** Symmetric 2 × 2 matrix: [a, b, d] is (a b; b d). */
type Symmetric = [a: number, b: number, d: number];

const MAX_NEWTON_STEPS = 100;
/** A step of at most this, relative to the parameters, ends the search at an optimum. */
const STEP_TOLERANCE = 1e-12;
/** The likelihood is known up to this relative error, so a loss below it is none. */
const LIKELIHOOD_ROUNDING = 1e-13;
/** A log-likelihood above this means separated targets: the parameters would grow for ever. */
const PERFECT = -1e-6;

function logLikelihood({ target, x }: BinomialProblem, intercept: number, slope: number): number {
  return target.reduce((sum, t, i) => {
    const z = intercept + slope * x[i];
    return sum + t * z - Math.max(z, 0) - Math.log1p(Math.exp(-Math.abs(z)));
  }, 0);
}

/** The score, and the information matrix Σ p(1 − p)·(1, x)(1, x)ᵀ. */
function derivatives({ target, x }: BinomialProblem, intercept: number, slope: number) {
  const gradient: [number, number] = [0, 0];
  const information: Symmetric = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    const p = sigmoid(intercept + slope * x[i]);
    const v = p * (1 - p);
    gradient[0] += target[i] - p;
    gradient[1] += (target[i] - p) * x[i];
    information[0] += v;
    information[1] += v * x[i];
    information[2] += v * x[i] * x[i];
  }
  return { gradient, information };
}

/** Inverse; the slope's row and column are 0 where the slope is fixed. */
function inverse([a, b, d]: Symmetric, fixedSlope: boolean): Symmetric {
  if (fixedSlope) return [1 / a, 0, 0];
  const determinant = a * d - b * b;
  return [d / determinant, -b / determinant, a / determinant];
}

/** Maximises the likelihood. A step that lowers the likelihood is halved. */
export function fitBinomial(problem: BinomialProblem): BinomialFit {
  const { fixedSlope = false } = problem;
  let at = { intercept: 0, slope: fixedSlope ? 1 : 0 };
  let likelihood = logLikelihood(problem, at.intercept, at.slope);
  for (let iteration = 0; iteration < MAX_NEWTON_STEPS && likelihood < PERFECT; iteration++) {
    const { gradient, information } = derivatives(problem, at.intercept, at.slope);
    const [a, b, d] = inverse(information, fixedSlope);
    const step = [a * gradient[0] + b * gradient[1], b * gradient[0] + d * gradient[1]];
    if (!step.every(Number.isFinite)) break;
    const size = Math.hypot(...step);
    if (size <= STEP_TOLERANCE * Math.max(1, Math.hypot(at.intercept, at.slope))) return { ...at, converged: true };
    for (let share = 1; share > 1e-10; share /= 2) {
      const next = { intercept: at.intercept + share * step[0], slope: at.slope + share * step[1] };
      const reached = logLikelihood(problem, next.intercept, next.slope);
      if (reached < likelihood + LIKELIHOOD_ROUNDING * likelihood) continue;
      [at, likelihood] = [next, reached];
      break;
    }
  }
  return { ...at, converged: false };
}

/**
 * Standard errors of intercept and slope with outcomes of one cluster dependent on each other: the
 * sandwich H⁻¹ · Σ_g s_g s_gᵀ · H⁻¹ with the score s_g of cluster g, times G/(G − 1) ·
 * (n − 1)/(n − k), as in statsmodels. Liang and Zeger 1986, doi:10.1093/biomet/73.1.13.
 *
 * @param clusters [n] name of each image's cluster, i.e. its patient
 */
export function clusterErrors(
  problem: BinomialProblem,
  { intercept, slope }: BinomialFit,
  clusters: readonly string[],
): { intercept: number; slope: number } {
  const { target, x, fixedSlope = false } = problem;
  const scores = new Map<string, [number, number]>();
  clusters.forEach((cluster, i) => {
    const residual = target[i] - sigmoid(intercept + slope * x[i]);
    const [s0, s1] = scores.get(cluster) ?? [0, 0];
    scores.set(cluster, [s0 + residual, s1 + residual * x[i]]);
  });
  const [a, b, d] = inverse(derivatives(problem, intercept, slope).information, fixedSlope);
  let [varianceOfIntercept, varianceOfSlope] = [0, 0];
  for (const [s0, s1] of scores.values()) {
    varianceOfIntercept += (a * s0 + b * s1) ** 2;
    varianceOfSlope += (b * s0 + d * s1) ** 2;
  }
  const [n, groups, parameters] = [x.length, scores.size, fixedSlope ? 1 : 2];
  const correction = (groups / (groups - 1)) * ((n - 1) / (n - parameters));
  return { intercept: Math.sqrt(correction * varianceOfIntercept), slope: Math.sqrt(correction * varianceOfSlope) };
}
