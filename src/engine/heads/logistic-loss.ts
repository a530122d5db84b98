/**
 * The data term of logistic regression as a function of the margins alone. For two classes an image
 * has one margin (the log odds of the second class), for more it has one per class.
 */

export interface Losses {
  /** Derivative of Σ_i s_i·loss_i by each margin, s_i·(p − y). */
  residuals(margins: Float64Array): Float64Array;
  /**
   * Mean second derivative by a margin: ¼ if two classes are equally likely, 1/K if K classes are.
   */
  curvature(margins: Float64Array): number;
  /** First and second derivative along margins + t·along. */
  slopes(margins: Float64Array, along: Float64Array, t: number): [number, number];
}

/**
 * The mean curvature goes to 0 as an unpenalised fit becomes certain. A preconditioner needs a
 * positive one.
 */
const MIN_CURVATURE = 1e-6;

/**
 * @param labels [n], below the number of classes
 * @param weights [n], ≥ 0
 * @param rows margins of an image: 1 for two classes, else K
 */
export function createLosses(labels: Int32Array, weights: ArrayLike<number>, rows: number): Losses {
  return rows === 1 ? binaryLosses(labels, weights) : multinomial(labels, weights, rows);
}

const logisticFunction = (z: number) => (z >= 0 ? 1 / (1 + Math.exp(-z)) : 1 - 1 / (1 + Math.exp(z)));

function binaryLosses(labels: Int32Array, weights: ArrayLike<number>): Losses {
  return {
    residuals: (margins) => margins.map((z, i) => weights[i] * (logisticFunction(z) - labels[i])),
    curvature: (margins) => {
      let [sum, total] = [0, 0];
      margins.forEach((z, i) => {
        const p = logisticFunction(z);
        sum += weights[i] * p * (1 - p);
        total += weights[i];
      });
      return Math.max(MIN_CURVATURE, sum / total);
    },
    slopes: (margins, along, t) => {
      let [first, second] = [0, 0];
      for (let i = 0; i < margins.length; i++) {
        const p = logisticFunction(margins[i] + t * along[i]);
        const a = weights[i] * along[i];
        first += a * (p - labels[i]);
        second += a * along[i] * p * (1 - p);
      }
      return [first, second];
    },
  };
}

function multinomial(labels: Int32Array, weights: ArrayLike<number>, rows: number): Losses {
  const p = new Float64Array(rows);
  /** Writes the probabilities of image i into `p`. */
  const softmax = (margins: Float64Array, i: number, along?: Float64Array, t = 0): void => {
    let highest = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < rows; c++) {
      const k = i * rows + c;
      p[c] = along ? margins[k] + t * along[k] : margins[k];
      if (p[c] > highest) highest = p[c];
    }
    let sum = 0;
    for (let c = 0; c < rows; c++) sum += p[c] = Math.exp(p[c] - highest);
    for (let c = 0; c < rows; c++) p[c] /= sum;
  };
  return {
    residuals: (margins) => {
      const out = new Float64Array(margins.length);
      labels.forEach((label, i) => {
        softmax(margins, i);
        for (let c = 0; c < rows; c++) out[i * rows + c] = weights[i] * (p[c] - (c === label ? 1 : 0));
      });
      return out;
    },
    curvature: (margins) => {
      let [sum, total] = [0, 0];
      labels.forEach((_, i) => {
        softmax(margins, i);
        for (let c = 0; c < rows; c++) sum += weights[i] * p[c] * (1 - p[c]);
        total += weights[i];
      });
      return Math.max(MIN_CURVATURE, sum / total / (rows - 1));
    },
    slopes: (margins, along, t) => {
      let [first, second] = [0, 0];
      labels.forEach((label, i) => {
        softmax(margins, i, along, t);
        let [mean, square] = [0, 0];
        for (let c = 0; c < rows; c++) {
          const a = along[i * rows + c];
          mean += p[c] * a;
          square += p[c] * a * a;
        }
        first += weights[i] * (mean - along[i * rows + label]);
        second += weights[i] * (square - mean * mean);
      });
      return [first, second];
    },
  };
}

export interface Line {
  losses: Losses;
  C: number;
  margins: Float64Array;
  /** Change of the margins per unit of step. */
  along: Float64Array;
  /** First derivative of the penalty at the start, and its second derivative. */
  penalty: readonly [number, number];
}

/** The search ends when at most this share of the initial slope remains. */
const LEFT = 0.1;

/**
 * The step at which the convex objective is nearly flat along the line, by Newton's method within a
 * bracket; 0 if the line does not descend.
 */
export function lineSearch({ losses, C, margins, along, penalty }: Line): number {
  const slopes = (t: number): [number, number] => {
    const [first, second] = losses.slopes(margins, along, t);
    return [penalty[0] + t * penalty[1] + C * first, penalty[1] + C * second];
  };
  const [start] = slopes(0);
  if (!(start < 0)) return 0;
  let [low, high, t] = [0, Number.POSITIVE_INFINITY, 1];
  for (let round = 0; round < 40; round++) {
    const [first, second] = slopes(t);
    if (Math.abs(first) <= LEFT * -start) return t;
    if (first < 0) low = t;
    else high = t;
    const newton = t - first / second;
    t = newton > low && newton < high ? newton : high < Number.POSITIVE_INFINITY ? (low + high) / 2 : 4 * t;
  }
  return low;
}
