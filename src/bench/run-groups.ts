/**
 * Gathers records into run groups. Runs of one group differ in part and seed only. A table has one
 * row per group and a chart one point. Groups of one series differ in the regime only.
 */
import { canonicalJson } from "../base";
import { type PlannedRun, regimeCost, regimeLabel } from "./expand";
import type { Regime } from "./plan";
import { comparePartNames, overlapOf, partsOf } from "./protocols";
import type { RunConfig, RunRecord } from "./record";
import { identityOf } from "./training";

export interface RunGroup {
  /** Equal for runs that differ in part and seed only. */
  key: string;
  /** Equal for groups that differ in the regime only. */
  series: string;
  /**
   * Equal for groups whose runs of the same part and seed test on the same images: dataset,
   * protocol, its settings and split seed.
   */
  splitKey: string;
  /**
   * Labels for display. Where two series of one split would have the same labels, the settings that
   * differ follow in brackets, e.g. "LoRA (r 4)".
   */
  labels: RunRecord["labels"];
  methodId: string;
  regime: Regime;
  regimeLabel: string;
  /** n_test / n_train of one part, for the intervals of `mean-interval.ts`. */
  overlap: number;
  /** One record per part and seed, ordered by seed, then part. */
  records: RunRecord[];
  /** Expected runs without a record. */
  missing: { part: string; seed: number }[];
}

/**
 * The configuration with the training settings that identify a run. A record that is older than a
 * setting counts as if it had that setting's default.
 */
const identified = (config: RunConfig) => ({ ...config, training: identityOf(config.training) });
const withoutPart = ({ split }: RunConfig) => ({ ...split, part: undefined });
const grouped = (config: RunConfig) => ({ ...identified(config), split: withoutPart(config), seed: undefined });
const groupKey = (config: RunConfig) => canonicalJson(grouped(config));
const seriesKey = (config: RunConfig) => canonicalJson({ ...grouped(config), regime: undefined });
const splitKeyOf = (config: RunConfig) => canonicalJson({ dataset: config.dataset, split: withoutPart(config) });
const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** A record's value of a metric, NaN where undefined. */
export function metricValue(record: RunRecord, metric: string): number {
  return record.metrics[metric] ?? Number.NaN;
}

/**
 * Gathers records into groups. The groups are in order of dataset, split, backbone, trainable
 * parameters, method and regime (few shots first), whatever the order of the records.
 *
 * @param planned the runs of the plan. Without them, the function expects of each group every part
 *   of its split, and every seed that any record of the same split has.
 */
export function groupRuns(records: readonly RunRecord[], planned?: readonly PlannedRun[]): RunGroup[] {
  const groups = new Map<string, { runs: PlannedRun[]; records: Map<string, RunRecord> }>();
  const groupOf = (config: RunConfig) => {
    const key = groupKey(config);
    let group = groups.get(key);
    if (!group) groups.set(key, (group = { runs: [], records: new Map() }));
    return group;
  };
  for (const record of records) groupOf(record.config).records.set(runKey(runOf(record.config)), record);
  for (const run of planned ?? []) groupOf(run.config).runs.push(run);

  const splits = runsBySplit(records);
  const labels = distinctLabels([...records, ...(planned ?? [])]);
  const result = [...groups].map(([key, { runs, records }]): RunGroup => {
    const { config } = records.values().next().value ?? runs[0];
    const { parts, seeds } = splits.get(splitKeyOf(config)) ?? newSplitRuns(config);
    const wanted = planned ? runs.map((run) => runOf(run.config)) : everyRun(parts, seeds);
    const series = seriesKey(config);
    return {
      key,
      series,
      splitKey: splitKeyOf(config),
      labels: labels.get(series)!,
      methodId: config.method.id,
      regime: config.regime,
      regimeLabel: regimeLabel(config.regime),
      overlap: overlapOf(config.split, parts.size),
      records: [...records.values()].sort((a, b) => compareRuns(runOf(a.config), runOf(b.config))),
      missing: wanted.filter((run) => !records.has(runKey(run))).sort(compareRuns),
    };
  });
  return sortGroups(result);
}

/** The two fields in which runs of one group differ. */
interface GroupedRun {
  part: string;
  seed: number;
}

const runOf = ({ split, seed }: RunConfig): GroupedRun => ({ part: split.part, seed });
const runKey = ({ part, seed }: GroupedRun) => `${seed}/${part}`;
const compareRuns = (a: GroupedRun, b: GroupedRun) => a.seed - b.seed || comparePartNames(a.part, b.part);

const everyRun = (parts: ReadonlySet<string>, seeds: ReadonlySet<number>): GroupedRun[] =>
  [...seeds].flatMap((seed) => Array.from(parts, (part) => ({ part, seed })));

/** Parts and seeds of one split: the parts that its settings define, and all that records have. */
interface SplitRuns {
  parts: Set<string>;
  seeds: Set<number>;
}

const newSplitRuns = ({ split }: RunConfig): SplitRuns => ({ parts: new Set(partsOf(split)), seeds: new Set() });

function runsBySplit(records: readonly RunRecord[]): Map<string, SplitRuns> {
  const splits = new Map<string, SplitRuns>();
  for (const { config } of records) {
    const key = splitKeyOf(config);
    const known = splits.get(key) ?? newSplitRuns(config);
    splits.set(key, known);
    known.parts.add(config.split.part);
    known.seeds.add(config.seed);
  }
  return splits;
}

function sortGroups(groups: RunGroup[]): RunGroup[] {
  const parameters = new Map<string, number>();
  for (const { series, records } of groups)
    if (records.length > 0) parameters.set(series, records[0].trainableParameters);
  const size = ({ series }: RunGroup) => parameters.get(series) ?? Number.MAX_VALUE;
  const cost = ({ regime }: RunGroup) => Math.min(regimeCost(regime), Number.MAX_VALUE);
  return groups.sort(
    (a, b) =>
      byText(a.labels.dataset, b.labels.dataset) ||
      byText(a.splitKey, b.splitKey) ||
      byText(a.labels.backbone, b.labels.backbone) ||
      size(a) - size(b) ||
      byText(a.labels.method, b.labels.method) ||
      byText(a.series, b.series) ||
      cost(a) - cost(b),
  );
}

/**
 * Gives the labels of each series. Where several series would have the same labels, it appends the
 * settings that differ.
 */
function distinctLabels(runs: readonly PlannedRun[]): Map<string, RunRecord["labels"]> {
  const series = new Map<string, PlannedRun>();
  for (const run of runs) {
    const key = seriesKey(run.config);
    if (!series.has(key)) series.set(key, run);
  }
  const sharing = new Map<string, string[]>();
  for (const [key, { config, labels }] of series) {
    const name = JSON.stringify([config.dataset, labels.backbone, labels.method]);
    sharing.set(name, [...(sharing.get(name) ?? []), key]);
  }
  const result = new Map<string, RunRecord["labels"]>();
  for (const keys of sharing.values()) {
    const settings = keys.map((key) => flatten(identified(series.get(key)!.config)));
    const differing = [...new Set(settings.flatMap((map) => [...map.keys()]))]
      .filter((path) => !/^(split\.part|seed|regime)(\.|$)/.test(path))
      .filter((path) => new Set(settings.map((map) => map.get(path))).size > 1);
    keys.forEach((key, i) => {
      const suffix = (ofBackbone: boolean) => {
        const parts = differing
          .filter((path) => path.startsWith("backbone.") === ofBackbone)
          .map((path) => `${path.split(".").at(-1)} ${(settings[i].get(path) ?? "–").slice(0, 12)}`);
        return parts.length > 0 ? ` (${parts.join(", ")})` : "";
      };
      const { labels } = series.get(key)!;
      result.set(key, {
        dataset: labels.dataset,
        backbone: labels.backbone + suffix(true),
        method: labels.method + suffix(false),
      });
    });
  }
  return result;
}

/** Flattens a configuration: dotted path of each leaf → its text. */
function flatten(value: unknown, path = "", into = new Map<string, string>()): Map<string, string> {
  if (value !== null && typeof value === "object" && !Array.isArray(value))
    for (const [key, member] of Object.entries(value)) flatten(member, path ? `${path}.${key}` : key, into);
  else if (value !== undefined) into.set(path, typeof value === "string" ? value : canonicalJson(value));
  return into;
}
