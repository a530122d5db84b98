/**
 * How much work one submit may hold: a long one keeps the page from being drawn, and drivers reset
 * what takes seconds. The rate is measured as work is done; time alone depends on it, never a
 * result.
 */

/** Milliseconds that a submit should take at most. */
const MAX_MS = 100;

/** What the first submit may hold: a tenth of a second on the slowest software adapter. */
const FIRST_COST = 2e8;

/** Weight of a new measurement. */
const SHARE = 0.5;

export class SubmitBudget {
  /** Cost done in a millisecond; unknown at first. */
  private rate: number | undefined;
  private measuring = false;

  /** @param now milliseconds of a clock that never goes back */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** The cost that a submit may have. */
  get most(): number {
    return this.rate === undefined ? FIRST_COST : this.rate * MAX_MS;
  }

  /**
   * Submits work, and measures how long it takes unless other work is being measured.
   *
   * @param done resolves when the device has done all that was submitted
   */
  observe(cost: number, submit: () => void, done: () => Promise<unknown>): void {
    const start = this.now();
    submit();
    if (this.measuring) return;
    this.measuring = true;
    const end = () => void (this.measuring = false);
    done().then(() => {
      const rate = cost / Math.max(this.now() - start, 0.1);
      this.rate = this.rate === undefined ? rate : (1 - SHARE) * this.rate + SHARE * rate;
      end();
      // The device itself reports its loss.
    }, end);
  }
}

/**
 * Ranges [from, to) of neighbours whose costs add up to `most` or less; a single one may exceed it.
 */
export function splitByCost(costs: readonly number[], most: number): [from: number, to: number][] {
  const ranges: [number, number][] = [];
  let sum = 0;
  costs.forEach((cost, i) => {
    if (i === 0 || sum + cost > most) {
      ranges.push([i, i]);
      sum = 0;
    }
    sum += cost;
    ranges[ranges.length - 1][1] = i + 1;
  });
  return ranges;
}
