/**
 * Records gathered into cells: what is equal but for fold and seed. Tables and charts have one row or point per cell,
 * and cells of one series differ in the regime alone.
 */
import { canonicalJson } from "../base";
import { type PlannedRun, regimeCost, regimeLabel } from "./expand";
import type { Regime } from "./plan";
import type { RunConfig, RunRecord } from "./record";
import { identityOf } from "./training";

export interface RunGroup {
  /** Equal for runs that differ in fold and seed only. */
  key: string;
  /** Equal for cells that differ in the regime only. */
  series: string;
  /** Equal for cells whose runs of one fold and seed test the same images: dataset, folds and split seed. */
  splitKey: string;
  /** Labels for people; where two series of a testbed share theirs, what differs is added, e.g. "LoRA (r 4)". */
  labels: RunRecord["labels"];
  methodId: string;
  regime: Regime;
  regimeLabel: string;
  folds: number;
  /** By seed, then fold; one per fold and seed. */
  records: RunRecord[];
  /** Runs that the plan asks for and that have no record. */
  missing: { fold: number; seed: number }[];
}

/** What of the settings makes a run's identity: records from before there was some setting stand with those at its default. */
const told = (config: RunConfig) => ({ ...config, training: identityOf(config.training) });
const groupKey = (config: RunConfig) => canonicalJson({ ...told(config), fold: undefined, seed: undefined });
const seriesKey = (config: RunConfig) =>
  canonicalJson({ ...told(config), fold: undefined, seed: undefined, regime: undefined });
const splitKeyOf = ({ dataset, folds, splitSeed }: RunConfig) => canonicalJson({ dataset, folds, splitSeed });
const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** A record's value of a metric, NaN where undefined. */
export function metricValue(record: RunRecord, metric: string): number {
  return record.metrics[metric] ?? Number.NaN;
}

/**
 * Cells in order of dataset, backbone, trainable parameters, method, regime (few shots first): the order of the
 * records does not matter. Without `planned`, a cell is expected to have every fold and every seed that any record of
 * its testbed has.
 */
export function groupRuns(records: readonly RunRecord[], planned?: readonly PlannedRun[]): RunGroup[] {
  const groups = new Map<string, { runs: PlannedRun[]; records: Map<string, RunRecord> }>();
  const groupOf = (config: RunConfig) => {
    const key = groupKey(config);
    let group = groups.get(key);
    if (!group) groups.set(key, (group = { runs: [], records: new Map() }));
    return group;
  };
  for (const record of records) groupOf(record.config).records.set(runKey(record.config), record);
  for (const run of planned ?? []) groupOf(run.config).runs.push(run);

  const seeds = planned ? new Map<string, number[]>() : seedsBySplit(records);
  const labels = distinctLabels([...records, ...(planned ?? [])]);
  const result = [...groups].map(([key, { runs, records }]): RunGroup => {
    const { config } = records.values().next().value ?? runs[0];
    const wanted = planned ? runs.map((run) => run.config) : everyRun(config, seeds.get(splitKeyOf(config)) ?? []);
    const series = seriesKey(config);
    return {
      key,
      series,
      splitKey: splitKeyOf(config),
      labels: labels.get(series)!,
      methodId: config.method.id,
      regime: config.regime,
      regimeLabel: regimeLabel(config.regime),
      folds: config.folds,
      records: [...records.values()].sort((a, b) => a.config.seed - b.config.seed || a.config.fold - b.config.fold),
      missing: wanted
        .filter((run) => !records.has(runKey(run)))
        .map(({ fold, seed }) => ({ fold, seed }))
        .sort((a, b) => a.seed - b.seed || a.fold - b.fold),
    };
  });
  return inOrder(result);
}

const runKey = ({ fold, seed }: { fold: number; seed: number }) => `${seed}/${fold}`;

const everyRun = ({ folds }: RunConfig, seeds: readonly number[]) =>
  seeds.flatMap((seed) => Array.from({ length: folds }, (_, fold) => ({ fold, seed })));

function seedsBySplit(records: readonly RunRecord[]): Map<string, number[]> {
  const seeds = new Map<string, number[]>();
  for (const { config } of records) {
    const key = splitKeyOf(config);
    const known = seeds.get(key) ?? [];
    if (!known.includes(config.seed)) seeds.set(key, [...known, config.seed]);
  }
  return seeds;
}

function inOrder(groups: RunGroup[]): RunGroup[] {
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

/** Labels of each series; those that several series share get what differs in their configurations. */
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
    const settings = keys.map((key) => flatten(told(series.get(key)!.config)));
    const differing = [...new Set(settings.flatMap((map) => [...map.keys()]))]
      .filter((path) => !/^(fold|seed|regime)(\.|$)/.test(path))
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

/** Leaves of a configuration: dotted path → text. */
function flatten(value: unknown, path = "", into = new Map<string, string>()): Map<string, string> {
  if (value !== null && typeof value === "object" && !Array.isArray(value))
    for (const [key, member] of Object.entries(value)) flatten(member, path ? `${path}.${key}` : key, into);
  else if (value !== undefined) into.set(path, typeof value === "string" ? value : canonicalJson(value));
  return into;
}
