/** The figures of every judged pair as flat rows, for tables and files. */
import { csvField } from "../export";
import { metrics } from "../metrics";
import type { RunRecord } from "../record";
import { bayesianT } from "./bayesian-t";
import { type ComparedGroups, type ComparedOptions, comparedGroups, isFixed } from "./compared-groups";

/** One pair in one metric. Numbers are NaN where they are not defined. */
export interface PairFigures {
  dataset: string;
  /** Amount of training data, e.g. "full". */
  data: string;
  metric: string;
  /** Whether the plan fixed this metric before its first run. */
  role: "decides" | "exploratory";
  a: string;
  b: string;
  /** Mean of a − b over the test parts; its interval is not adjusted for the number of pairs. */
  difference: number;
  low: number;
  high: number;
  level: number;
  p: number;
  /** p after correction for all pairs of this metric in every amount of data. */
  adjustedP: number;
  /** Test parts that both have. */
  parts: number;
  /** Half-width of the region of practical equivalence. */
  equivalence: number;
  /** Posterior probabilities that a is better, practically equal, worse than b. */
  better: number;
  equal: number;
  worse: number;
  /** Planned runs without a record. While there are any, nothing is decided. */
  missingRuns: number;
}

/** The rows of one split and amount of data, in the order of the comparison. */
export function pairFigures(compared: ComparedGroups): PairFigures[] {
  const { dataset, regimeLabel, metric, equivalence, progress } = compared;
  /** Nothing is judged before every run is there, in a file as on the screen. */
  const judged = (value: number) => (progress.missing > 0 ? Number.NaN : value);
  return bayesianT.compute(compared).map(({ a, b, mean, low, high, level, p, pHolm, n, shares }) => ({
    dataset,
    data: regimeLabel,
    metric: metric.id,
    role: isFixed(compared) ? "decides" : "exploratory",
    a: a.name,
    b: b.name,
    difference: mean,
    low,
    high,
    level,
    p: judged(p),
    adjustedP: judged(pHolm),
    parts: n,
    equivalence,
    better: judged(shares.better),
    equal: judged(shares.equal),
    worse: judged(shares.worse),
    missingRuns: progress.missing,
  }));
}

/** The rows of every metric, the one that decides first. */
export function everyPair(records: readonly RunRecord[], options: ComparedOptions = {}): PairFigures[] {
  const fixed = options.primary?.metric;
  const ids = metrics.map(({ id }) => id).sort((x, y) => Number(y === fixed) - Number(x === fixed));
  return ids.flatMap((id) => comparedGroups(records, id, options).flatMap(pairFigures));
}

/** CSV with a header, in full precision. A number that is not defined is an empty field. */
export function pairsCsv(rows: readonly PairFigures[]): string {
  const keys = [
    ...([
      "dataset",
      "data",
      "metric",
      "role",
      "a",
      "b",
      "difference",
      "low",
      "high",
      "level",
      "p",
      "adjustedP",
    ] as const),
    ...(["parts", "equivalence", "better", "equal", "worse", "missingRuns"] as const),
  ];
  const lines = rows.map((row) => keys.map((key) => (Number.isNaN(row[key]) ? "" : csvField(row[key]))).join(","));
  return `${[keys.join(","), ...lines].join("\n")}\n`;
}
