/**
 * What a fine-tuning method is: one object, one file. It names roles of layers, never an architecture, and says in graph
 * values what it adds; the framework counts, initialises, trains, saves and tests it.
 */
import { RadaptError } from "../../base/error";
import type { Prng } from "../../base/prng";
import type { Builder } from "../graph/builder";
import type { Value } from "../graph/value";
import type { FeatureFit } from "../heads/feature-fit";
import type { AdaptableLayer, Norm, Site } from "./structure";
import type { Target } from "./targets";

/** One setting: the form is drawn from it, and input is checked against it. */
export interface ConfigField {
  key: string;
  label: string;
  kind: "integer" | "number" | "boolean" | "choice" | "strings" | "record";
  default: unknown;
  min?: number;
  max?: number;
  choices?: readonly string[];
  help: string;
  /** Left out of the form: set by files only. */
  hidden?: boolean;
}

export type Config = Readonly<Record<string, unknown>>;

/** Weights in PyTorch's orientation: (out, in) of a linear layer, (out, in, kh, kw) of a convolution, (features) of a norm. */
export interface SiteWeights {
  weight: Value;
  /** [out]; null where the layer has none. */
  bias: Value | null;
}

/** Where prompts can go. */
export interface PromptSites {
  /** B. */
  batch: number;
  /** D. */
  width: number;
  /** How many blocks there are. */
  blocks: number;
}

/** What a method may do to the graph. Names are those after "base_model.model." in a PEFT checkpoint. */
export interface AdapterContext {
  b: Builder;
  layers: readonly AdaptableLayer[];
  norms: readonly Norm[];
  /** Every float weight of the backbone that its features depend on. */
  parameters: readonly Value[];
  config: Config;
  /** A new trainable; the same name twice gives the same value. Shape and initial numbers in PyTorch's orientation. */
  trainable(name: string, shape: readonly number[], initial: (prng: Prng) => Float32Array): Value;
  /** Random numbers that belong to the adapter but are not trained: initialised, saved and loaded like a trainable. */
  buffer(name: string, shape: readonly number[], initial: (prng: Prng) => Float32Array): Value;
  /** x with elements dropped while training; `place` names where, so that two places draw apart. */
  dropout(x: Value, probability: number, place: string): Value;
  /** Replaces the layer's product (before its bias) by `f` of its input and of the product as a function of the input. */
  wrap(layer: AdaptableLayer, f: (x: Value, base: (x: Value) => Value) => Value): void;
  /** Lets everything that reads `value` read `f(value)`. */
  after(value: Value, f: (y: Value) => Value): void;
  /** The blocks through which tokens pass. @throws RadaptError `method.backbone` unless it is a plain vision transformer */
  tokens(): PromptSites;
  /**
   * Puts prompts [B, p, D] among the tokens that block `at` reads and takes them away when its attention is done (deep),
   * or among the first block's and away when the last block is done ("all": shallow).
   */
  prompt(at: number | "all", prompts: Value): void;
  /** The same change written as new weights of the site; once per weight. */
  merge(site: Site, f: (weights: SiteWeights) => SiteWeights): void;
  /** Trains a weight of the backbone itself, saved under `name` (default: its own). */
  unfreeze(parameter: Value, name?: string): void;
}

/** Where a setting stands in PEFT's adapter_config.json. */
export interface PeftField {
  key: string;
  /** PEFT's default, where it is not ours. */
  default?: unknown;
}

/** How a method is written in an adapter_config.json. */
export interface PeftForm {
  /** `peft_type`, or Radapt's word for what PEFT lacks. */
  type: string;
  /** Settings that tell methods of one `peft_type` apart. */
  fixed?: Readonly<Record<string, unknown>>;
  /** True for a word that PEFT does not know. */
  own?: true;
  /** Setting of ours → PEFT's. */
  fields: Readonly<Record<string, PeftField>>;
  /** Settings that name layers by role or word, as lists of modules; null where PEFT has no name for what is adapted. */
  modules?: (
    sites: Pick<AdapterContext, "layers" | "norms">,
    config: Config,
  ) => Record<string, readonly Target[]> | null;
}

/** Settings worth a name of their own: drawn as a choice above the method's form. */
export interface Preset {
  label: string;
  /** Settings over the method's defaults. */
  config: Config;
  /** Training settings over the method's. */
  training?: Readonly<Record<string, unknown>>;
}

export interface AdapterDef {
  id: string;
  label: string;
  /** What it does, in one sentence for a clinician. */
  description: string;
  paper: string;
  config: readonly ConfigField[];
  /** Training settings that suit the method, over the plan's defaults (keys of the plan's `training`). */
  trainingDefaults: Readonly<Record<string, unknown>>;
  /** Of a method that leaves the backbone as it is: how it finds its predictor from features. Absent: it trains in steps. */
  fit?: (config: Config) => FeatureFit;
  presets?: readonly Preset[];
  peft: PeftForm;
  /** A label that tells settings apart, e.g. "LoRA r 8". */
  title: (config: Config) => string;
  /** False where what is learnt cannot be written as weights of the backbone. */
  mergeable: boolean;
  /** True where the untrained method already changes the feature; others must leave it as it is. */
  changesAtStart?: true;
  /** What a backbone must have, whatever the settings (see `ModelInfo.lacks`). Absent: the targets decide. */
  needs?: "tokens";
  apply: (context: AdapterContext) => void;
}

export function defineAdapter(def: AdapterDef): AdapterDef {
  return def;
}

const kinds: Readonly<Record<ConfigField["kind"], (v: unknown, f: ConfigField) => boolean>> = {
  integer: (v, f) => Number.isInteger(v) && inRange(v as number, f),
  number: (v, f) => typeof v === "number" && Number.isFinite(v) && inRange(v, f),
  boolean: (v) => typeof v === "boolean",
  choice: (v, f) => f.choices!.includes(v as string),
  strings: (v) => typeof v === "string" || (Array.isArray(v) && v.every((x) => typeof x === "string")),
  record: (v) => typeof v === "object" && v !== null && Object.values(v).every((x) => typeof x === "number"),
};

function inRange(v: number, f: ConfigField): boolean {
  return v >= (f.min ?? -Infinity) && v <= (f.max ?? Infinity);
}

function expectation(f: ConfigField): string {
  const range = f.min !== undefined || f.max !== undefined ? ` from ${f.min ?? "any"} to ${f.max ?? "any"}` : "";
  return f.choices ? `one of ${f.choices.join(", ")}` : `${f.kind}${range}`;
}

/** Fills defaults and checks every setting. @throws RadaptError `method.config` naming the first that does not fit */
export function completeConfig(def: AdapterDef, given: Config): Record<string, unknown> {
  const unknown = Object.keys(given).find((key) => !def.config.some((f) => f.key === key));
  if (unknown !== undefined) {
    throw new RadaptError(`${def.label} has no setting "${unknown}"`, {
      code: "method.config",
      where: `method ${def.id}`,
      expected: def.config.map((f) => f.key).join(", ") || "no settings",
      got: unknown,
    });
  }
  const config: Record<string, unknown> = {};
  for (const f of def.config) {
    const value = given[f.key] ?? f.default;
    if (!kinds[f.kind](value, f)) {
      throw new RadaptError(`${def.label}: ${f.label} is out of range`, {
        code: "method.config",
        where: `method ${def.id}, ${f.key}`,
        expected: expectation(f),
        got: JSON.stringify(value),
      });
    }
    config[f.key] = value;
  }
  return config;
}
