/**
 * Bounds the work of one submit. During a long submit the page cannot draw, and drivers reset a GPU
 * that does not answer for seconds. The budget follows the measured speed. It changes time only,
 * never a result.
 */

/** Milliseconds that a submit should take at most. */
const MAX_MS = 100;

/**
 * Cost of the first submit, in the units of `costOf`: about 100 ms on the slowest software adapter.
 */
const FIRST_COST = 2e8;

/** Weight of a new measurement in the moving average of the speed. */
const SMOOTHING = 0.5;

export class SubmitBudget {
  /** Cost per millisecond. Undefined until the first measurement. */
  private rate: number | undefined;
  private measuring = false;

  /** @param now a monotonic clock in milliseconds */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Largest cost of one submit, in the units of `costOf`. */
  get maxCost(): number {
    return this.rate === undefined ? FIRST_COST : this.rate * MAX_MS;
  }

  /**
   * Submits work and measures its speed, unless another measurement is running.
   *
   * @param cost of the work, in the units of `costOf`
   * @param done resolves when the device has finished all submitted work
   */
  observe(cost: number, submit: () => void, done: () => Promise<unknown>): void {
    const start = this.now();
    submit();
    if (this.measuring) return;
    this.measuring = true;
    const end = () => void (this.measuring = false);
    done().then(() => {
      const rate = cost / Math.max(this.now() - start, 0.1);
      this.rate = this.rate === undefined ? rate : (1 - SMOOTHING) * this.rate + SMOOTHING * rate;
      end();
      // A lost device reports its loss elsewhere.
    }, end);
  }
}

/**
 * Splits costs into ranges [from, to) of neighbours. The costs of a range add up to at most
 * `maxCost`, except where a single cost exceeds it.
 */
export function splitByCost(costs: readonly number[], maxCost: number): [from: number, to: number][] {
  const ranges: [number, number][] = [];
  let sum = 0;
  costs.forEach((cost, i) => {
    if (i === 0 || sum + cost > maxCost) {
      ranges.push([i, i]);
      sum = 0;
    }
    sum += cost;
    ranges[ranges.length - 1][1] = i + 1;
  });
  return ranges;
}
