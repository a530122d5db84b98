/**
 * Judges the shortcut audit: whether a trivial input comes so near to the best method that the
 * images may give the outcome away by something else than the disease.
 *
 * An alarm needs two things. The input is better than chance: the lower end of its one-sided
 * interval, at 0.05 divided by the number of inputs, lies above the value that needs no image. And
 * its mean lies within the interval of the best method, or above. Data without a shortcut hence
 * raise an alarm in at most 5 of 100 studies, whatever the methods reach.
 */
import { groupBy } from "../../base";
import { fixedText } from "../../base/number-text";
import { type AggregateRow, aggregate, type MetricSummary } from "../aggregate";
import type { PlannedRun } from "../expand";
import { intervalWithin } from "../figure-words";
import type { Metric } from "../metric";
import { metricOf } from "../metrics";
import type { RunRecord } from "../record";

export interface AuditRow {
  /** The input in words, e.g. "14 × 14 thumbnail". */
  name: string;
  summary: MetricSummary;
  /** Whether chance can be told apart: the metric has a chance level, and the parts an interval. */
  isJudged: boolean;
  aboveChance: boolean;
  alarm: boolean;
}

/** One amount of training data of one dataset. */
export interface AuditFinding {
  dataset: string;
  regimeLabel: string;
  metric: Metric;
  /** The best method by its mean; undefined before the first one has finished. */
  best?: { name: string; summary: MetricSummary };
  /** Best first. */
  rows: AuditRow[];
}

const falseAlarms = 0.05;

/**
 * @param records of the methods
 * @param audit records of the audit
 * @param planned the plan's runs, as for `aggregate`
 */
export function auditFindings(
  records: readonly RunRecord[],
  audit: readonly RunRecord[],
  metricId: string,
  planned?: readonly PlannedRun[],
): AuditFinding[] {
  const metric = metricOf(metricId);
  const methods = aggregate(records, { planned }).filter(({ n }) => n > 0);
  const inputs = new Set(audit.map(({ labels }) => labels.method)).size;
  const shown = aggregate(audit);
  const strict = aggregate(audit, { level: 1 - (2 * falseAlarms) / Math.max(1, inputs) });
  const gathered = groupBy(
    shown.map((row, i) => ({ row, strict: strict[i] })),
    ({ row }) => JSON.stringify([row.dataset, row.regimeLabel]),
  );
  // Full data first, as the other panels have it.
  return [...gathered.values()].reverse().map((own) => {
    const [{ row: first }] = own;
    const rivals = methods.filter((m) => m.dataset === first.dataset && m.regimeLabel === first.regimeLabel);
    const best = bestOf(rivals, metric);
    const rows = own.map((pair) => judgeInput(pair, metric, best?.metrics[metric.id]));
    return {
      dataset: first.dataset,
      regimeLabel: first.regimeLabel,
      metric,
      ...(best && { best: { name: best.method, summary: best.metrics[metric.id] } }),
      rows: rows.sort((a, b) => gain(b.summary.mean, metric) - gain(a.summary.mean, metric)),
    };
  });
}

/** Larger is better, whatever the metric's direction. */
const gain = (value: number, { direction }: Metric) => (direction === "higher" ? value : -value);

function bestOf(rows: readonly AggregateRow[], metric: Metric): AggregateRow | undefined {
  const value = (row: AggregateRow) => gain(row.metrics[metric.id].mean, metric);
  return rows.reduce<AggregateRow | undefined>(
    (best, row) => (Number.isNaN(value(row)) || (best && value(best) >= value(row)) ? best : row),
    undefined,
  );
}

function judgeInput(
  { row, strict }: { row: AggregateRow; strict: AggregateRow },
  metric: Metric,
  best: MetricSummary | undefined,
): AuditRow {
  const summary = row.metrics[metric.id];
  const images = row.pooledCounts.reduce((sum, count) => sum + count, 0);
  const chance = metric.baseline?.of(
    row.pooledCounts.map((count) => count / images),
    images,
  );
  const worst = worstOf(strict.metrics[metric.id], metric);
  const isJudged = chance !== undefined && !Number.isNaN(worst);
  const aboveChance = isJudged && worst > gain(chance, metric) + 1e-9;
  const alarm = aboveChance && best !== undefined && gain(summary.mean, metric) >= worstOf(best, metric);
  return { name: row.method.replace(/^Shortcut: /, ""), summary, isJudged, aboveChance, alarm };
}

/**
 * The worse end of an interval as a gain. Parts of equal values have no interval and say nothing of
 * chance, unless all of them are perfect; a single part never does.
 */
function worstOf({ low, high, mean, sd, n }: MetricSummary, metric: Metric): number {
  const end = metric.direction === "higher" ? low : high;
  if (!Number.isNaN(end)) return gain(end, metric);
  const perfect = metric.direction === "higher" ? metric.range[1] : metric.range[0];
  return sd === 0 && n > 1 && mean === perfect ? gain(mean, metric) : Number.NaN;
}

/** One or more sentences for a clinician. */
export function auditSentence({ best, rows, metric }: AuditFinding): string {
  const text = ({ mean, low, high }: MetricSummary) => {
    const interval = Number.isFinite(low) ? ` (95 % interval ${intervalWithin({ low, high }, metric.range)})` : "";
    return `${metric.label} ${fixedText(mean, 2)}${interval}`;
  };
  const [top] = rows;
  const alarms = rows.filter(({ alarm }) => alarm);
  if (!best) return `${subject(top.name)} ${text(top.summary)} without a network.`;
  const rival = `the best method, ${best.name}, reaches ${text(best.summary)}.`;
  if (alarms.length > 0) {
    const [first, ...others] = alarms;
    const also = others.map(({ name, summary }) => `; ${name} ${fixedText(summary.mean, 2)}`).join("");
    return (
      `${subject(first.name)} ${text(first.summary)}${also}: so simple an input does as well as the methods, and ` +
      `the images may give the outcome away by something else than the disease; ${rival}`
    );
  }
  const above = rows.filter(({ aboveChance }) => aboveChance);
  if (above.length > 0) {
    return (
      `${subject(above[0].name)} ${text(above[0].summary)}, better than chance yet below the interval of ` +
      `the best method: a part of what the methods find may be no disease; ${rival}`
    );
  }
  const found = `the best of the simple inputs, ${top.name}, reaches ${text(top.summary)}; ${rival}`;
  if (!rows.some(({ isJudged }) => isJudged))
    return `Shortcuts cannot be judged by ${metric.label} here, since chance cannot be told apart: ${found}`;
  return `No shortcut is shown: ${found} That is no proof that there is none.`;
}

/** "A 14 × 14 thumbnail reaches", "Border pixels reach". */
function subject(name: string): string {
  return /^\d/.test(name) ? `A ${name} reaches` : `${name[0].toUpperCase()}${name.slice(1)} reach`;
}
