/**
 * Records gathered into run groups: what is equal but for partition, part and seed. Tables and
 * charts have one row or point per group, and groups of one series differ in the regime alone.
 */
import { canonicalJson } from "../base";
import type { PlannedRun } from "./expand";
import { comparePartNames, isRepeatableSplit, overlapOf, partsOf } from "./protocols";
import type { RunConfig, RunRecord } from "./record";
import type { Regime } from "./regime";
import { regimeCost, regimeLabel } from "./regime";
import { mean } from "./stats";
import { identityOf } from "./training";

/** One part of one partition of the patients, e.g. fold 2 of the partition by split seed 43. */
export interface TestPart {
  splitSeed: number;
  part: string;
  /** One record per seed, by seed. */
  records: RunRecord[];
}

export interface RunGroup {
  /** Equal for runs that differ in partition, part and seed only. */
  key: string;
  /** Equal for groups that differ in the regime only. */
  series: string;
  /**
   * Equal for groups whose runs of one partition and part test the same images: dataset, protocol,
   * settings.
   */
  splitKey: string;
  /**
   * Labels for display. Where two series of one split would have the same labels, the settings that
   * differ follow in brackets, e.g. "LoRA (r 4)".
   */
  labels: RunRecord["labels"];
  methodId: string;
  /** True for the method with which the plan compares the others. */
  isReference: boolean;
  regime: Regime;
  regimeLabel: string;
  /** n_test / n_train of one part, for the intervals of `mean-interval.ts`. */
  overlap: number;
  /** By split seed, seed, then part. */
  records: RunRecord[];
  /** The records by part, by split seed, then part: what intervals and tests count. */
  parts: TestPart[];
  /** Number of partitions with a record. */
  repeats: number;
  /** Runs that the plan asks for and that have no record. */
  missing: GroupedRun[];
}

/** What tells the runs of one group apart. */
export interface GroupedRun {
  /** Seeds the partition. */
  splitSeed: number;
  part: string;
  seed: number;
}

/**
 * The configuration with the training settings that identify a run. A record that is older than a
 * setting counts as if it had that setting's default.
 */
const identified = (config: RunConfig) => ({ ...config, training: identityOf(config.training) });
const withoutPart = ({ split }: RunConfig) => ({ ...split, splitSeed: undefined, part: undefined });
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
 * A part's value of a metric: the mean over its seeds, since runs that test the same images are no
 * independent evidence. Seeds where the metric is undefined are left out; NaN if it is in all.
 */
export function partValue({ records }: Pick<TestPart, "records">, metric: string): number {
  return mean(records.map((record) => metricValue(record, metric)).filter((value) => !Number.isNaN(value)));
}

/**
 * Groups in order of dataset, backbone, trainable parameters, method, regime (few shots first): the
 * order of the records does not matter. Without `planned`, a group is expected to have, for each of
 * its seeds, every part of every partition that any record of that split has.
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

  const splits = partitionsBySplit(records);
  const labels = distinctLabels([...records, ...(planned ?? [])]);
  const result = [...groups].map(([key, { runs, records: byRun }]): RunGroup => {
    const { config } = byRun.values().next().value ?? runs[0];
    const partitions = splits.get(splitKeyOf(config)) ?? newPartitions(config);
    const own = [...byRun.values()].sort((a, b) => compareRuns(runOf(a.config), runOf(b.config)));
    const wanted = planned ? runs.map((run) => runOf(run.config)) : everyRun(partitions, own);
    const series = seriesKey(config);
    const parts = partsOfRecords(own);
    return {
      key,
      series,
      splitKey: splitKeyOf(config),
      labels: labels.get(series)!,
      methodId: config.method.id,
      isReference: runs.some((run) => run.isReference === true),
      regime: config.regime,
      regimeLabel: regimeLabel(config.regime),
      overlap: testOverTrain(config, own, partitions.parts.size),
      records: own,
      parts,
      repeats: new Set(parts.map(({ splitSeed }) => splitSeed)).size,
      missing: wanted.filter((run) => !byRun.has(runKey(run))).sort(compareRuns),
    };
  });
  return sortGroups(result);
}

const runOf = ({ split, seed }: RunConfig): GroupedRun => ({ splitSeed: split.splitSeed, part: split.part, seed });
const runKey = ({ splitSeed, part, seed }: GroupedRun) => `${splitSeed}/${seed}/${part}`;
const compareRuns = (a: GroupedRun, b: GroupedRun) =>
  a.splitSeed - b.splitSeed || a.seed - b.seed || comparePartNames(a.part, b.part);

function everyRun({ splitSeeds, parts }: Partitions, records: readonly RunRecord[]): GroupedRun[] {
  const seeds = new Set(records.map(({ config }) => config.seed));
  return [...splitSeeds].flatMap((splitSeed) =>
    [...seeds].flatMap((seed) => Array.from(parts, (part) => ({ splitSeed, part, seed }))),
  );
}

/** The records of each part, by split seed, then part; within a part by seed, as they come. */
function partsOfRecords(records: readonly RunRecord[]): TestPart[] {
  const parts = new Map<string, TestPart>();
  for (const record of records) {
    const { split } = record.config;
    const { splitSeed, part } = split;
    // Without repeats, every split seed tests the same images.
    const key = isRepeatableSplit(split) ? `${splitSeed}/${part}` : part;
    const known = parts.get(key) ?? { splitSeed, part, records: [] };
    parts.set(key, known);
    known.records.push(record);
  }
  return [...parts.values()].sort((a, b) => a.splitSeed - b.splitSeed || comparePartNames(a.part, b.part));
}

/**
 * n_test / n_train of the records. With k shots a run draws its images anew from the training part,
 * so runs share few of them: there the ratio is that of the whole part, which a simulation shows to
 * be wide enough where the drawn images' own ratio makes intervals several times too wide.
 */
function testOverTrain({ split, regime }: RunConfig, records: readonly RunRecord[], parts: number): number {
  if (regime !== "full" || records.length === 0) return overlapOf(split, parts);
  const size = (of: "train" | "test") => mean(records.map((record) => record.split[of].length));
  return size("test") / size("train");
}

/** Parts and partitions of one split: those that its settings tell, and those that records have. */
interface Partitions {
  parts: Set<string>;
  splitSeeds: Set<number>;
}

const newPartitions = ({ split }: RunConfig): Partitions => ({
  parts: new Set(partsOf(split)),
  splitSeeds: new Set(),
});

function partitionsBySplit(records: readonly RunRecord[]): Map<string, Partitions> {
  const splits = new Map<string, Partitions>();
  for (const { config } of records) {
    const key = splitKeyOf(config);
    const known = splits.get(key) ?? newPartitions(config);
    splits.set(key, known);
    known.parts.add(config.split.part);
    known.splitSeeds.add(config.split.splitSeed);
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
      cost(a) - cost(b) ||
      byText(a.regimeLabel, b.regimeLabel),
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
      .filter((path) => !/^(split\.part|split\.splitSeed|seed|regime)(\.|$)/.test(path))
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
