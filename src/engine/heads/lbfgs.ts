/**
 * The two-loop recursion of limited-memory BFGS with a preconditioner in the middle. Nocedal &
 * Wright, algorithm 7.4.
 */
import { addScaled, dot } from "./matrix";

/** Number of pairs of steps and gradient changes that the method keeps. */
const MEMORY = 80;

export interface Lbfgs {
  /** −H·g: a direction of descent. */
  direction(gradient: Float64Array): Float64Array;
  /** Records a step and the change of the gradient along it. */
  update(step: Float64Array, change: Float64Array): void;
}

/**
 * @param precondition x ← H₀·x, with H₀ near the inverse of the Hessian, symmetric and positive
 *   definite
 */
export function createLbfgs(precondition: (x: Float64Array) => void): Lbfgs {
  const pairs: { s: Float64Array; y: Float64Array; rho: number }[] = [];
  return {
    direction: (gradient) => {
      const d = gradient.map((v) => -v);
      const alphas = new Array<number>(pairs.length);
      for (let k = pairs.length - 1; k >= 0; k--) {
        alphas[k] = pairs[k].rho * dot(pairs[k].s, d);
        addScaled(d, -alphas[k], pairs[k].y);
      }
      precondition(d);
      pairs.forEach(({ s, y, rho }, k) => void addScaled(d, alphas[k] - rho * dot(y, d), s));
      return d;
    },
    update: (s, y) => {
      const curvature = dot(s, y);
      // A pair that consists of rounding errors would spoil the model of the Hessian.
      if (!(curvature > 1e-14 * Math.sqrt(dot(s, s) * dot(y, y)))) return;
      pairs.push({ s, y, rho: 1 / curvature });
      if (pairs.length > MEMORY) pairs.shift();
    },
  };
}
