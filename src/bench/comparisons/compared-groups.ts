/**
 * Derives from records the run groups that a comparison compares, the pairs of groups, and the test
 * parts that the groups of a pair share.
 */
import { canonicalJson, groupBy } from "../../base";
import type { PlannedRun } from "../expand";
import type { Metric } from "../metric";
import { metricOf } from "../metrics";
import type { Primary } from "../primary";
import type { RunRecord } from "../record";
import type { Regime } from "../regime";
import { groupRuns, partValue, type RunGroup, type TestPart } from "../run-groups";

export interface ComparedGroup extends RunGroup {
  /** The method, with its backbone where several backbones are compared. */
  name: string;
}

/**
 * All groups of one split (dataset, protocol, settings) and one regime. Their runs of one partition
 * and part tested the same images.
 */
export interface ComparedGroups {
  dataset: string;
  regime: Regime;
  regimeLabel: string;
  metric: Metric;
  /** The metric that the plan fixed before its first run; null for records of no single plan. */
  primary: Metric | null;
  /** Half-width of the region of practical equivalence, in units of `metric`. */
  equivalence: number;
  /** Level of intervals, e.g. 0.95. */
  level: number;
  /** At least one; each has at least one record. */
  groups: readonly ComparedGroup[];
  /**
   * Numbers of runs that are missing, and of all runs. Nothing is decided while one is missing:
   * people who stop as soon as they see a difference also find differences that do not exist.
   */
  progress: { missing: number; all: number };
  /**
   * Splits and amounts of training data that are compared side by side. A claim accounts for all of
   * them, since one of several tables shows a chance difference more often than a single one.
   */
  tables: number;
}

export interface ComparedOptions {
  /** Default 0.95. */
  level?: number;
  /** The plan's runs. They tell which are missing. Without them, see `groupRuns`. */
  planned?: readonly PlannedRun[];
  /** What the plan fixed before its first run. Without it, every difference is exploratory. */
  primary?: Primary;
}

/**
 * @param metricId id of the metric
 * @returns one item per split and regime with a record, in the order of `groupRuns`
 */
export function comparedGroups(
  records: readonly RunRecord[],
  metricId: string,
  { level = 0.95, planned, primary }: ComparedOptions = {},
): ComparedGroups[] {
  const metric = metricOf(metricId);
  const fixed = {
    metric,
    primary: primary ? metricOf(primary.metric) : null,
    equivalence: primary?.metric === metricId ? primary.equivalence : metric.equivalence,
    level,
  };
  const gathered = groupBy(groupRuns(records, planned), ({ splitKey, regimeLabel }) => `${splitKey} ${regimeLabel}`);
  const tables = [...gathered.values()].flatMap((all) => {
    const groups = all.filter((group) => group.records.length > 0);
    if (groups.length === 0) return [];
    const [{ labels, regime, regimeLabel }] = groups;
    const missing = all.reduce((sum, group) => sum + group.missing.length, 0);
    const progress = { missing, all: missing + all.reduce((sum, group) => sum + group.records.length, 0) };
    const dataset = labels.dataset;
    return [{ ...fixed, dataset, regime, regimeLabel, groups: namedGroups(groups), progress }];
  });
  const compared = tables.filter(({ groups }) => groups.length > 1).length;
  return tables.map((table) => ({ ...table, tables: Math.max(1, compared) }));
}

function namedGroups(groups: readonly RunGroup[]): ComparedGroup[] {
  const several = new Set(groups.map(({ labels }) => labels.backbone)).size > 1;
  return groups.map((group) => {
    const { method, backbone } = group.labels;
    return { ...group, name: several ? `${method} on ${backbone}` : method };
  });
}

/**
 * Whether the plan fixed this metric before its first run. Only then are differences findings.
 */
export const isFixed = ({ metric, primary }: ComparedGroups): boolean => primary?.id === metric.id;

interface GroupPair {
  a: ComparedGroup;
  b: ComparedGroup;
}

/**
 * The pairs that are judged: every two groups once, the earlier one as `a`. If the plan names a
 * reference method, each other method pairs only with the reference, as `b`, on the same backbone.
 */
export function groupPairs({ groups }: ComparedGroups): GroupPair[] {
  if (!groups.some(({ isReference }) => isReference))
    return groups.flatMap((a, i) => groups.slice(i + 1).map((b) => ({ a, b })));
  const others = groups.filter(({ isReference }) => !isReference);
  return others.flatMap((a) => {
    const b = groups.find((group) => group.isReference && backboneKey(group) === backboneKey(a));
    return b ? [{ a, b }] : [];
  });
}

/** Equal for groups of one backbone with equal preprocessing and feature. */
const backboneKey = ({ records }: ComparedGroup): string => canonicalJson(records[0].config.backbone);

/** A metric of two groups on the same test images. */
export interface PairedPart {
  splitSeed: number;
  part: string;
  a: number;
  b: number;
}

/**
 * The parts that two groups share, in the order of `a`. Each value is the mean over seeds. With k
 * shots the seed draws the training images, so only seeds that both groups have count.
 */
export function pairedParts(a: RunGroup, b: RunGroup, metric: string): PairedPart[] {
  return a.parts.flatMap((own) => {
    const other = b.parts.find(({ splitSeed, part }) => splitSeed === own.splitSeed && part === own.part);
    if (!other) return [];
    const [x, y] = a.regime === "full" ? [own, other] : [sharedSeeds(own, other), sharedSeeds(other, own)];
    if (x.records.length === 0) return [];
    const { splitSeed, part } = own;
    return [{ splitSeed, part, a: partValue(x, metric), b: partValue(y, metric) }];
  });
}

function sharedSeeds(own: TestPart, other: TestPart): TestPart {
  const seeds = new Set(other.records.map(({ config }) => config.seed));
  return { ...own, records: own.records.filter(({ config }) => seeds.has(config.seed)) };
}
