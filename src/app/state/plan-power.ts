/** What the draft's plan could show: the smallest difference, now and with more repeats. */
import { gainOverBaseline } from "../../bench/metric";
import { metricOf } from "../../bench/metrics";
import { expectedDetectable, expectedSpread, type PartPower, partPower } from "../../bench/power";
import { protocolOf, type SplitChoice } from "../../bench/protocols";
import type { DatasetRow } from "../../data/types";
import { type DraftState, draftRegimes, draftSplit } from "./plan-draft";

export interface PlanPower {
  /** In units of the deciding metric; NaN where a single test part allows no test. */
  detectable: number;
  /** More repeats that would show a clearly smaller difference; null where none would. */
  proposal: { repeats: number; detectable: number } | null;
  /** The difference between a perfect method and one without skill. */
  reach: number;
  /** [C] patients of each class in one test part. */
  testPatients: readonly number[];
}

const USUAL_REPEATS = 5;
/** A proposal must make the figure smaller by at least a tenth. */
const CLEARLY = 0.9;

const knownParts = new WeakMap<DatasetRow, Map<string, PartPower | null>>();
const knownSpreads = new Map<string, number>();

/** Null where the split is not possible or no two methods are compared. */
export function planPower(draft: DraftState, dataset: DatasetRow | undefined): PlanPower | null {
  const split = draftSplit(draft);
  const pairs = pairCount(draft) * draftRegimes(draft).length;
  if (!dataset || !split || pairs === 0 || !Number.isInteger(draft.repeats)) return null;
  const part = partOf(dataset, split, draft.splitSeed);
  if (!part) return null;
  const spread = plannedSpread(draft.primary.metric, part.testPatients);
  const at = (repeats: number) => expectedDetectable(spread, { ...part, repeats, pairs });
  const [detectable, more] = [at(draft.repeats), at(USUAL_REPEATS)];
  const helps = draft.repeats < USUAL_REPEATS && !(more > CLEARLY * detectable) && protocolOf(split).repeatable;
  return {
    detectable,
    proposal: helps ? { repeats: USUAL_REPEATS, detectable: more } : null,
    reach: reachOf(draft.primary.metric, dataset),
    testPatients: part.testPatients,
  };
}

/**
 * Pairs of one amount of training data, as the comparison will judge them. A claim accounts for the
 * pairs of every amount.
 */
function pairCount({ methods, backboneIds, primary }: DraftState): number {
  const groups = methods.length * backboneIds.length;
  const hasReference = primary.reference !== null && methods.length > 1;
  return hasReference ? (methods.length - 1) * backboneIds.length : (groups * (groups - 1)) / 2;
}

function reachOf(metricId: string, dataset: DatasetRow): number {
  const shares = dataset.classes.map(
    (_, c) => dataset.images.filter(({ label }) => label === c).length / dataset.images.length,
  );
  return gainOverBaseline(metricOf(metricId), shares, dataset.images.length);
}

function partOf(dataset: DatasetRow, split: SplitChoice, splitSeed: number): PartPower | null {
  const known = knownParts.get(dataset) ?? new Map<string, PartPower | null>();
  knownParts.set(dataset, known);
  const key = JSON.stringify([split, splitSeed]);
  let part = known.get(key);
  if (part === undefined) known.set(key, (part = tryPart(dataset, split, splitSeed)));
  return part;
}

/** A split that the dataset is too small for has its problem elsewhere on the screen. */
function tryPart(dataset: DatasetRow, split: SplitChoice, splitSeed: number): PartPower | null {
  try {
    return partPower(dataset, split, splitSeed);
  } catch {
    return null;
  }
}

function plannedSpread(metric: string, testPatients: readonly number[]): number {
  const key = `${metric} ${testPatients.join()}`;
  const known = knownSpreads.get(key) ?? expectedSpread(metricOf(metric), testPatients);
  knownSpreads.set(key, known);
  return known;
}
