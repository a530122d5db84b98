/** Estimates the time left from the time that finished runs took. */
import type { RunConfig } from "../bench/record";

export interface Estimator {
  /** Records the time that a run of this configuration took. */
  done(config: RunConfig, ms: number): void;
  /**
   * Time left, ms; null while nothing is known.
   *
   * @param running the run under way, if any: its time so far, ms, and the share done, in [0, 1]
   */
  left(waiting: readonly RunConfig[], running?: { config: RunConfig; ms: number; share: number }): number | null;
}

const runKind = ({ backbone, method, regime }: RunConfig) =>
  `${backbone.sha256} ${method.id} ${regime === "full" ? "full" : regime.shots}`;
const methodOf = ({ method }: RunConfig) => method.id;

/**
 * Uses the mean time of runs with the same backbone, method and regime; where there are none, of
 * the same method; else of all runs.
 */
export function createEstimator(): Estimator {
  const sums = new Map<string, { ms: number; count: number }>();
  const keysOf = (config: RunConfig) => [`kind ${runKind(config)}`, `method ${methodOf(config)}`, "all"];
  const expected = (config: RunConfig) => {
    const found = keysOf(config).find((key) => sums.has(key));
    const sum = found === undefined ? null : sums.get(found)!;
    return sum && sum.ms / sum.count;
  };
  return {
    done: (config, ms) => {
      for (const key of keysOf(config)) {
        const sum = sums.get(key) ?? { ms: 0, count: 0 };
        sums.set(key, { ms: sum.ms + ms, count: sum.count + 1 });
      }
    },
    left: (waiting, running) => {
      // The run's own pace predicts it better than the mean of others.
      const pace = running && running.share > 0 ? running.ms / running.share : null;
      const current = running ? (pace ?? expected(running.config)) : 0;
      if (current === null) return null;
      const rest = waiting.map((config) => expected(config) ?? current);
      const ofCurrent = running ? Math.max(0, current - running.ms) : 0;
      return rest.reduce((sum, ms) => sum + ms, ofCurrent);
    },
  };
}
