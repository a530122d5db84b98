/**
 * Records → paired differences of all methods of one regime, and what they decide in plain words.
 */
import { groupBy } from "../base";
import type { Metric } from "./metric";
import { metricOf } from "./metrics";
import type { Regime } from "./plan";
import type { RunRecord } from "./record";
import { groupRuns, metricValue, type RunGroup } from "./run-groups";
import { holm, type PairedDifference, pairedDifference } from "./stats";

export interface PairSide {
  key: string;
  backbone: string;
  method: string;
  /** The method, with its backbone where the table has several. */
  name: string;
}

/** The difference a − b over the folds and seeds that both have. */
export interface PairRow extends PairedDifference {
  a: PairSide;
  b: PairSide;
  /** p adjusted by Holm over the table's comparisons. */
  pHolm: number;
  /** Who is better where the interval excludes zero; null where it does not, or has no width. */
  better: "a" | "b" | null;
}

export interface PairwiseTable {
  dataset: string;
  metric: string;
  regime: Regime;
  regimeLabel: string;
  rows: PairRow[];
  /** Whether any interval excludes zero. */
  decisive: boolean;
  /** One or more sentences for people. */
  verdict: string;
}

/**
 * One table per testbed (dataset, folds, split seed) and regime. Only runs of the same fold and
 * seed are compared; they tested the same images. Intervals: corrected resampled t (Nadeau & Bengio
 * 2003), one at a time; `pHolm` accounts for their number.
 */
export function pairwise(records: readonly RunRecord[], metric: string, { level = 0.95 } = {}): PairwiseTable[] {
  const tables = groupBy(groupRuns(records), ({ splitKey, regimeLabel }) => `${splitKey} ${regimeLabel}`);
  return [...tables.values()].map((groups) => tableOf(groups, metricOf(metric), level));
}

function tableOf(groups: readonly RunGroup[], metric: Metric, level: number): PairwiseTable {
  const several = new Set(groups.map((group) => group.labels.backbone)).size > 1;
  const side = ({ key, labels: { backbone, method } }: RunGroup): PairSide => ({
    key,
    backbone,
    method,
    name: several ? `${method} on ${backbone}` : method,
  });
  const pairs = groups.flatMap((a, i) =>
    groups.slice(i + 1).map((b) => ({ a, b, ...difference(a, b, metric.id, level) })),
  );
  const adjusted = holm(pairs.map(({ p }) => p));
  const rows = pairs.map(({ a, b, ...result }, i): PairRow => {
    const excludesZero = result.sd > 0 && (result.low > 0 || result.high < 0);
    const better = result.mean > 0 === (metric.direction === "higher") ? "a" : "b";
    return { ...result, a: side(a), b: side(b), pHolm: adjusted[i], better: excludesZero ? better : null };
  });
  const [{ labels, regime, regimeLabel }] = groups;
  return {
    dataset: labels.dataset,
    metric: metric.id,
    regime,
    regimeLabel,
    rows,
    decisive: rows.some((row) => row.better !== null),
    verdict: verdictOf(rows, metric, level),
  };
}

function difference(a: RunGroup, b: RunGroup, metric: string, level: number): PairedDifference {
  const pairs = a.records.flatMap((record) => {
    const { split, seed } = record.config;
    const other = b.records.find(({ config }) => config.split.part === split.part && config.seed === seed);
    return other ? [[metricValue(record, metric), metricValue(other, metric)]] : [];
  });
  return pairedDifference(
    pairs.map(([x]) => x),
    pairs.map(([, y]) => y),
    a.overlap,
    level,
  );
}

function verdictOf(rows: readonly PairRow[], metric: Metric, level: number): string {
  if (rows.length === 0) return "There is one method only: nothing to compare.";
  const comparable = rows.filter((row) => row.n >= 2);
  if (comparable.length === 0)
    return "No two methods share two runs of the same fold and seed yet: no difference can be judged.";
  const decided = comparable.filter((row) => row.better !== null);
  const uncompared = rows.length - comparable.length;
  const pending = uncompared > 0 ? ` ${uncompared} of ${rows.length} pairs share too few runs yet.` : "";
  if (decided.length === 0) {
    return (
      (comparable.length === 1
        ? `The ${levelText(level)} interval of the difference of ${sentenceNames(comparable[0])} includes zero: the ranking is not decisive.`
        : "All pairwise intervals of the difference include zero: the ranking is not decisive.") + pending
    );
  }
  const shown = decided.slice(0, 4).map((row) => beats(row, metric, level));
  if (decided.length > shown.length) shown.push(`${decided.length - shown.length} more pairs differ.`);
  const open = comparable.length - decided.length;
  if (open > 0) shown.push(`The other ${open === 1 ? "interval includes" : `${open} intervals include`} zero.`);
  if (comparable.length > 1) {
    const remain = decided.filter((row) => row.pHolm < 1 - level).length;
    shown.push(
      `After Holm's correction for ${comparable.length} comparisons ${remain === decided.length ? "all of these remain" : remain === 0 ? "none of these remains" : `${remain} of ${decided.length} remain`}.`,
    );
  }
  return shown.join(" ") + pending;
}

const sentenceNames = (row: PairRow) => `${row.a.name} and ${row.b.name}`;
const levelText = (level: number) => `${Math.round(level * 1000) / 10} %`;

function beats(row: PairRow, metric: Metric, level: number): string {
  const [winner, loser] = row.better === "a" ? [row.a, row.b] : [row.b, row.a];
  const sign = row.better === "a" ? 1 : -1;
  const [low, high] = [row.low * sign, row.high * sign].sort((x, y) => x - y);
  const signed = (value: number) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(3)}`;
  return `${winner.name} beats ${loser.name}: ${metric.label} ${signed(row.mean * sign)} (${levelText(level)} interval ${signed(low)} to ${signed(high)}).`;
}
