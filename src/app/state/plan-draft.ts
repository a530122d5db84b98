/** The draft of a plan: its choices, their validation, and the plan that they make. */
import { createStore } from "zustand/vanilla";
import { canonicalJson } from "../../base";
import { trainingCautions } from "../../bench/cautions";
import { metricOf } from "../../bench/metrics";
import { type Plan, planSchema, planSplit, splitFields } from "../../bench/plan";
import { type Primary, planPrimary, primaryField } from "../../bench/primary";
import {
  isRepeatableSplit,
  partsOf,
  protocolOf,
  protocols,
  type SplitChoice,
  splitSchema,
} from "../../bench/protocols";
import { type Regime, regimeSchema, type ShotScenario, type ShotValidation, shotScenarios } from "../../bench/regime";
import { type Training, trainingOverridesSchema, trainingSchema } from "../../bench/training";
import { type EvaluationUnit, planUnit, suggestedUnit } from "../../bench/unit";
import type { DatasetRow } from "../../data/types";
import type { Preset } from "../../engine/adapters/define";
import { backbonesStore, ensureBackbones } from "./backbones";
import { checkConfig, defaultConfig, methodMeta, presetsOf } from "./methods";
import { type ChosenBackbone, fitProblems, misfitProblem } from "./plan-fit";

export interface DraftMethod {
  /** Identifies the entry, since the draft may hold one method several times. */
  key: string;
  id: string;
  config: Record<string, unknown>;
  /** Training settings of this method, which override the plan's. Its declaration suggests them. */
  training: Partial<Training>;
}

/** The chosen split protocol with its settings as they were entered, valid or not. */
export type DraftSplit = { protocol: string } & Record<string, unknown>;

/** What decides; the reference is the key of a method of the draft, since positions change. */
export interface DraftPrimary extends Omit<Primary, "reference"> {
  reference: string | null;
}

export interface DraftState {
  name: string;
  backboneIds: string[];
  methods: DraftMethod[];
  full: boolean;
  shots: number[];
  /** How few-shot runs draw their images; each scenario makes runs of its own. */
  scenarios: ShotScenario[];
  shotValidation: ShotValidation;
  split: DraftSplit;
  splitSeed: number;
  /** Partitions of the patients, each by a seed of its own. */
  repeats: number;
  /** Text of the field, such as "0, 1, 2". */
  seeds: string;
  primary: DraftPrimary;
  /** What the figures are about; null for what suits the dataset. */
  unit: EvaluationUnit | null;
  training: Training;
}

export const shotChoices = [1, 2, 4, 8, 16, 32, 64];

export const shotScenarioIds = Object.keys(shotScenarios) as ShotScenario[];

let nextKey = 1;

/** Training settings that the method's declaration suggests. The runner fills in the same ones. */
export function suggestedTraining(id: string): Partial<Training> {
  return trainingOverridesSchema.parse(methodMeta(id)?.trainingDefaults ?? {});
}

function newMethod(id: string): DraftMethod {
  const meta = methodMeta(id);
  return {
    key: `m${nextKey++}`,
    id,
    config: meta ? defaultConfig(meta) : {},
    training: suggestedTraining(id),
  };
}

/** A split protocol with its default settings. */
const defaultSplit = (protocol: string): SplitChoice => splitSchema.parse({ protocol });

export function initialDraft(): DraftState {
  return {
    name: "",
    backboneIds: [],
    methods: ["linear-probe", "lora"].filter(methodMeta).map(newMethod),
    full: true,
    shots: [8],
    scenarios: ["standard"],
    shotValidation: "separate",
    split: defaultSplit(protocols[0].id),
    splitSeed: 42,
    repeats: 1,
    seeds: "0",
    primary: { ...planPrimary({}), reference: null },
    unit: null,
    training: trainingSchema.parse({}),
  };
}

export const draftStore = createStore<DraftState>(initialDraft);

export const setDraft = (change: Partial<DraftState>): void => draftStore.setState(change);

export const setTraining = (change: Partial<Training>): void =>
  draftStore.setState((s) => ({ training: { ...s.training, ...change } }));

export const setPrimary = (change: Partial<DraftPrimary>): void =>
  draftStore.setState((s) => ({ primary: { ...s.primary, ...change } }));

/** Chooses the metric that decides, with its own region of practical equivalence. */
export const choosePrimaryMetric = (metric: string): void =>
  setPrimary({ metric, equivalence: metricOf(metric).equivalence });

export const chooseProtocol = (protocol: string): void =>
  draftStore.setState(({ repeats }) => ({
    split: defaultSplit(protocol),
    repeats: isRepeatableSplit({ protocol }) ? repeats : 1,
  }));

export const setSplit = (change: Record<string, unknown>): void =>
  draftStore.setState((s) => ({ split: { ...s.split, ...change } }));

export const addMethod = (id: string): void => draftStore.setState((s) => ({ methods: [...s.methods, newMethod(id)] }));

export const removeMethod = (key: string): void =>
  draftStore.setState((s) => ({
    methods: s.methods.filter((m) => m.key !== key),
    primary: s.primary.reference === key ? { ...s.primary, reference: null } : s.primary,
  }));

export const changeMethod = (key: string, change: Partial<DraftMethod>): void =>
  draftStore.setState((s) => ({ methods: s.methods.map((m) => (m.key === key ? { ...m, ...change } : m)) }));

/** A method's settings and training settings with the values of a preset. */
function presetMethod(id: string, preset: Preset): Pick<DraftMethod, "config" | "training"> {
  const plain = newMethod(id);
  return {
    config: { ...plain.config, ...preset.config },
    training: { ...plain.training, ...trainingOverridesSchema.parse(preset.training ?? {}) },
  };
}

/** The label of the preset that matches the entry's settings; null if none does. */
export function presetLabel({ id, config, training }: DraftMethod): string | null {
  const meta = methodMeta(id);
  const now = canonicalJson({ config, training });
  const found = meta && presetsOf(meta).find((p) => canonicalJson(presetMethod(id, p)) === now);
  return found?.label ?? null;
}

export function choosePreset(method: DraftMethod, label: string): void {
  const preset = presetsOf(methodMeta(method.id)!).find((p) => p.label === label);
  if (preset) changeMethod(method.key, presetMethod(method.id, preset));
}

export const toggleBackbone = (id: string, on: boolean): void =>
  draftStore.setState((s) => ({
    backboneIds: on ? [...s.backboneIds.filter((b) => b !== id), id] : s.backboneIds.filter((b) => b !== id),
  }));

let begun = false;

/**
 * Begins the draft with the first backbone. It does so once: a person may take the backbone out.
 */
export async function beginDraft(): Promise<void> {
  if (begun) return;
  begun = true;
  await ensureBackbones();
  const [first] = backbonesStore.getState().backbones;
  if (first && draftStore.getState().backboneIds.length === 0) toggleBackbone(first.id, true);
}

/** Reads seeds from text such as "0, 1 2" or "0-4"; null if a part of it is not an integer. */
export function parseSeeds(text: string): number[] | null {
  const seeds: number[] = [];
  for (const part of text.split(/[\s,;]+/).filter(Boolean)) {
    const range = /^(\d+)\s*[-–]\s*(\d+)$/.exec(part);
    if (range) {
      const [from, to] = [Number(range[1]), Number(range[2])];
      if (to < from || to - from > 99) return null;
      for (let s = from; s <= to; s++) seeds.push(s);
    } else if (/^-?\d+$/.test(part)) seeds.push(Number(part));
    else return null;
  }
  return [...new Set(seeds)];
}

/** Reads numbers from text such as "0.01, 1e-3". A part that is no number becomes NaN. */
export function parseNumbers(text: string): number[] {
  return text
    .split(/[\s,;]+/)
    .filter(Boolean)
    .map(Number);
}

export function draftRegimes(draft: DraftState): Regime[] {
  const { scenarios, shotValidation: validation } = draft;
  const shots = [...draft.shots].sort((a, b) => a - b);
  const few = shots.flatMap((k) =>
    shotScenarioIds
      .filter((id) => scenarios.includes(id))
      .map((scenario) => regimeSchema.parse({ shots: k, scenario, validation })),
  );
  return draft.full ? [...few, "full"] : few;
}

/** The split of the draft; null while a setting of its protocol is not valid. */
export function draftSplit({ split }: Pick<DraftState, "split">): SplitChoice | null {
  return splitSchema.safeParse(split).data ?? null;
}

/** Number of parts of the draft's split; 0 while it is not valid. */
export function draftPartCount(draft: DraftState, dataset: DatasetRow | undefined): number {
  const split = draftSplit(draft);
  return split ? partsOf(split, dataset).length : 0;
}

/** True for a method that runs once per part on all images, since no seed changes its result. */
const isDeterministic = (id: string): boolean => methodMeta(id)?.fit !== undefined;

const isRepeatCount = (repeats: number): boolean => Number.isInteger(repeats) && repeats >= 1 && repeats <= 20;

/** Number of runs of the draft, including those that already have a record. */
export function draftRunCount(draft: DraftState, dataset: DatasetRow | undefined): number {
  const seeds = parseSeeds(draft.seeds)?.length ?? 0;
  const parts = draftPartCount(draft, dataset) * (isRepeatCount(draft.repeats) ? draft.repeats : 0);
  const perPart = draft.methods.flatMap(({ id }) =>
    draftRegimes(draft).map((regime) => (regime === "full" && isDeterministic(id) ? Math.min(1, seeds) : seeds)),
  );
  return draft.backboneIds.length * parts * perPart.reduce((sum, runs) => sum + runs, 0);
}

export type DraftField =
  | "dataset"
  | "backbones"
  | "methods"
  | "regimes"
  | "split"
  | "repeats"
  | "seeds"
  | "equivalence"
  | `split.${string}`
  | `method.${string}`
  | `training.${string}`;

/** Problems by field; empty if the plan can start. */
export function draftProblems(
  draft: DraftState,
  dataset: DatasetRow | undefined,
  backbones: readonly ChosenBackbone[] = [],
): Partial<Record<DraftField, string>> {
  const problems: Partial<Record<DraftField, string>> = {};
  if (!dataset) problems.dataset = "Open a dataset first (step 1).";
  if (draft.backboneIds.length === 0) problems.backbones = "Choose at least one backbone.";
  if (draft.methods.length === 0) problems.methods = "Add at least one method.";
  if (draftRegimes(draft).length === 0)
    problems.regimes = "Choose all images, or a number per class and a way to draw them.";
  const seeds = parseSeeds(draft.seeds);
  if (seeds === null) problems.seeds = "Whole numbers separated by commas, or a range such as 0-4.";
  else if (seeds.length === 0) problems.seeds = "Give at least one seed.";
  if (!isRepeatCount(draft.repeats)) problems.repeats = "A whole number from 1 to 20.";
  if (!(draft.primary.equivalence > 0)) problems.equivalence = "A number above 0.";
  const settings = protocolOf(draft.split).config.safeParse(draft.split);
  for (const issue of settings.error?.issues ?? []) problems[`split.${String(issue.path[0])}`] = issue.message;
  for (const method of draft.methods) {
    for (const [key, message] of Object.entries(checkConfig(method.id, method.config)))
      problems[`method.${method.key}.${key}`] = message;
    const misfit = misfitProblem(method.id, backbones);
    if (misfit) problems[`method.${method.key}`] = misfit;
  }
  const training = trainingSchema.safeParse(draft.training);
  for (const issue of training.error?.issues ?? []) problems[`training.${String(issue.path[0])}`] = issue.message;
  for (const method of draft.methods) {
    const own = trainingOverridesSchema.safeParse(method.training);
    for (const issue of own.error?.issues ?? [])
      problems[`method.${method.key}.training.${String(issue.path[0])}`] = issue.message;
  }
  const split = draftSplit(draft);
  if (dataset && split)
    Object.assign(problems, fitProblems(dataset, { split, splitSeed: draft.splitSeed, regimes: draftRegimes(draft) }));
  return problems;
}

/** Warnings about choices that are valid but probably unintended, each a sentence. */
export function draftCautions({ training, methods }: DraftState): string[] {
  return [...new Set(methods.flatMap((method) => trainingCautions({ ...training, ...method.training })))];
}

/** "Chest: Linear probe, LoRA". */
export function suggestedName(draft: DraftState, dataset: DatasetRow): string {
  const labels = new Set(draft.methods.map((m) => methodMeta(m.id)?.label ?? m.id));
  return `${dataset.name}: ${[...labels].join(", ")}`;
}

/** What decides, with the position of the reference; every pair where there are no two methods. */
function draftPrimary({ primary: { reference: key, ...primary }, methods }: DraftState): Primary {
  const reference = methods.findIndex((method) => method.key === key);
  return reference < 0 || methods.length < 2 ? primary : { ...primary, reference };
}

/** The unit of evaluation of the draft: the chosen one, else what suits the dataset. */
export function draftUnit({ unit }: Pick<DraftState, "unit">, dataset: DatasetRow): EvaluationUnit {
  if (dataset.grouping !== "patient") return "image";
  return unit ?? suggestedUnit(dataset.images);
}

/** The field by which a plan names its unit: absent for images, as in earlier plans. */
const unitField = (unit: EvaluationUnit) => (unit === "image" ? {} : { unit });

/**
 * The plan that the draft makes.
 * @throws ZodError if `draftProblems` is not empty
 */
export function draftPlan(draft: DraftState, dataset: DatasetRow): Plan {
  return planSchema.parse({
    name: draft.name.trim() || suggestedName(draft, dataset),
    dataset: { id: dataset.id },
    backbones: draft.backboneIds.map((id) => ({ id })),
    methods: draft.methods.map((m) => ({ id: m.id, config: m.config, training: m.training })),
    regimes: draftRegimes(draft),
    ...splitFields(splitSchema.parse(draft.split)),
    splitSeed: draft.splitSeed,
    repeats: draft.repeats,
    seeds: parseSeeds(draft.seeds) ?? [],
    ...primaryField(draftPrimary(draft)),
    ...unitField(draftUnit(draft, dataset)),
    training: draft.training,
    audit: true,
  });
}

/**
 * The draft's choices of few-shot runs. Where a plan mixes validations, the first regime decides.
 */
function draftShots(regimes: readonly Regime[]): Pick<DraftState, "shots" | "scenarios" | "shotValidation"> {
  const few = regimes.filter((regime) => regime !== "full");
  const scenarios = new Set(few.map(({ scenario = "standard" }) => scenario));
  return {
    shots: [...new Set(few.map(({ shots }) => shots))],
    scenarios: scenarios.size > 0 ? [...scenarios] : ["standard"],
    shotValidation: few[0]?.validation ?? "separate",
  };
}

/** Copies the choices of an earlier plan into the draft. */
export function draftFrom(plan: Plan): void {
  const { reference, ...primary } = planPrimary(plan);
  const methods = plan.methods.map((m) => ({
    ...newMethod(m.id),
    config: { ...newMethod(m.id).config, ...m.config },
    training: { ...suggestedTraining(m.id), ...m.training },
  }));
  draftStore.setState({
    name: plan.name,
    backboneIds: plan.backbones.flatMap((b) => (b.id ? [b.id] : [])),
    methods,
    full: plan.regimes.includes("full"),
    ...draftShots(plan.regimes),
    split: planSplit(plan),
    splitSeed: plan.splitSeed,
    repeats: plan.repeats ?? 1,
    seeds: plan.seeds.join(", "),
    primary: { ...primary, reference: reference === undefined ? null : methods[reference].key },
    unit: planUnit(plan),
    training: trainingSchema.parse(plan.training),
  });
}
