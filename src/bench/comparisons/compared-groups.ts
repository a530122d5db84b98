/** Records → the run groups that a comparison compares, their pairs, and the runs that pair. */
import { groupBy } from "../../base";
import type { Metric } from "../metric";
import { metricOf } from "../metrics";
import type { Regime } from "../plan";
import type { RunRecord } from "../record";
import { groupRuns, type RunGroup } from "../run-groups";

export interface ComparedGroup extends RunGroup {
  /** The method, with its backbone where several backbones are compared. */
  name: string;
}

/**
 * All groups of one split (dataset, protocol, settings, split seed) and one regime. Their runs of
 * one part and seed tested the same images.
 */
export interface ComparedGroups {
  dataset: string;
  regime: Regime;
  regimeLabel: string;
  metric: Metric;
  /** Level of intervals, e.g. 0.95. */
  level: number;
  /** At least one; each has at least one record. */
  groups: readonly ComparedGroup[];
}

/**
 * @param metric id of the metric
 * @returns one item per split and regime, in the order of `groupRuns`
 */
export function comparedGroups(records: readonly RunRecord[], metric: string, { level = 0.95 } = {}): ComparedGroups[] {
  const gathered = groupBy(groupRuns(records), ({ splitKey, regimeLabel }) => `${splitKey} ${regimeLabel}`);
  return Array.from(gathered.values(), (groups) => {
    const [{ labels, regime, regimeLabel }] = groups;
    return { dataset: labels.dataset, regime, regimeLabel, metric: metricOf(metric), level, groups: named(groups) };
  });
}

function named(groups: readonly RunGroup[]): ComparedGroup[] {
  const several = new Set(groups.map(({ labels }) => labels.backbone)).size > 1;
  return groups.map((group) => {
    const { method, backbone } = group.labels;
    return { ...group, name: several ? `${method} on ${backbone}` : method };
  });
}

/** Every two groups once, the earlier one first. */
export function groupPairs({ groups }: ComparedGroups): { a: ComparedGroup; b: ComparedGroup }[] {
  return groups.flatMap((a, i) => groups.slice(i + 1).map((b) => ({ a, b })));
}

/** The runs of two groups that have the same part and seed, in the order of `a`. */
export function pairedRuns(a: RunGroup, b: RunGroup): { a: RunRecord; b: RunRecord }[] {
  return a.records.flatMap((record) => {
    const { split, seed } = record.config;
    const other = b.records.find(({ config }) => config.split.part === split.part && config.seed === seed);
    return other ? [{ a: record, b: other }] : [];
  });
}
