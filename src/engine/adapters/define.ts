/**
 * What a fine-tuning method is: one object, one file. It names roles of layers, never an
 * architecture, and says in graph values what it adds; the framework counts, initialises, trains,
 * saves and tests it.
 */
import type { z } from "zod";
import { RadaptError } from "../../base/error";
import type { Prng } from "../../base/prng";
import { expectation, type SettingsSchema, settingRow } from "../../base/setting";
import type { Builder } from "../graph/builder";
import type { Value } from "../graph/value";
import type { FeatureFit } from "../heads/feature-fit";
import type { AdaptableLayer, Norm, Site } from "./structure";
import type { Target } from "./targets";

export type Config = Readonly<Record<string, unknown>>;

/**
 * Weights in PyTorch's orientation: (out, in) of a linear layer, (out, in, kh, kw) of a
 * convolution, (features) of a norm.
 */
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

/**
 * What a method may do to the graph. Names are those after "base_model.model." in a PEFT
 * checkpoint.
 */
export interface AdapterContext<C = Config> {
  b: Builder;
  layers: readonly AdaptableLayer[];
  norms: readonly Norm[];
  /** Every float weight of the backbone that its features depend on. */
  parameters: readonly Value[];
  config: C;
  /**
   * A new trainable; the same name twice gives the same value. Shape and initial numbers in
   * PyTorch's orientation.
   */
  trainable(name: string, shape: readonly number[], initial: (prng: Prng) => Float32Array): Value;
  /**
   * Random numbers that belong to the adapter but are not trained: initialised, saved and loaded
   * like a trainable.
   */
  buffer(name: string, shape: readonly number[], initial: (prng: Prng) => Float32Array): Value;
  /** x with elements dropped while training; `place` names where, so that two places draw apart. */
  dropout(x: Value, probability: number, place: string): Value;
  /**
   * Replaces the layer's product (before its bias) by `f` of its input and of the product as a
   * function of the input.
   */
  wrap(layer: AdaptableLayer, f: (x: Value, base: (x: Value) => Value) => Value): void;
  /** Lets everything that reads `value` read `f(value)`. */
  after(value: Value, f: (y: Value) => Value): void;
  /**
   * The blocks through which tokens pass. @throws RadaptError `method.backbone` unless it is a
   * plain vision transformer
   */
  tokens(): PromptSites;
  /**
   * Puts prompts [B, p, D] among the tokens that block `at` reads and takes them away when its
   * attention is done (deep), or among the first block's and away when the last block is done
   * ("all": shallow).
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

/** How a method with settings C is written in an adapter_config.json. */
export interface PeftForm<C = Config> {
  /** `peft_type`, or Radapt's word for what PEFT lacks. */
  type: string;
  /** Settings that tell methods of one `peft_type` apart. */
  fixed?: Readonly<Record<string, unknown>>;
  /** True for a word that PEFT does not know. */
  own?: true;
  /** Setting of ours → PEFT's. */
  fields: { readonly [K in keyof C]: PeftField };
  /**
   * Settings that name layers by role or word, as lists of modules; null where PEFT has no name for
   * what is adapted.
   */
  modules?(sites: Pick<AdapterContext, "layers" | "norms">, config: C): Record<string, readonly Target[]> | null;
}

/** Settings worth a name of their own: drawn as a choice above the method's form. */
export interface Preset<C = Config> {
  label: string;
  /** Settings over the method's defaults. */
  config: Partial<C>;
  /** Training settings over the method's. */
  training?: Readonly<Record<string, unknown>>;
}

/**
 * Functions stand as methods, so that the registry can hold methods of different settings in one
 * list.
 */
export interface AdapterDef<S extends SettingsSchema = SettingsSchema> {
  id: string;
  label: string;
  /** What it does, in one sentence for a clinician. */
  description: string;
  paper: string;
  /** Place in lists, which go from the cheapest method to the dearest. */
  order: number;
  /** Its settings; the form is drawn from them, and input is checked against them. */
  config: S;
  /**
   * Training settings that suit the method, over the plan's defaults (keys of the plan's
   * `training`).
   */
  trainingDefaults: Readonly<Record<string, unknown>>;
  /**
   * Of a method that leaves the backbone as it is: how it finds its predictor from features.
   * Absent: it trains in steps.
   */
  fit?(config: z.output<S>): FeatureFit;
  presets?: readonly Preset<z.output<S>>[];
  peft: PeftForm<z.output<S>>;
  /** A label that tells settings apart, e.g. "LoRA r 8". */
  title(config: z.output<S>): string;
  /** False where what is learnt cannot be written as weights of the backbone. */
  mergeable: boolean;
  /** True where the untrained method already changes the feature; others must leave it as it is. */
  changesAtStart?: true;
  /**
   * What a backbone must have, whatever the settings (see `ModelInfo.lacks`). Absent: the targets
   * decide.
   */
  needs?: "tokens";
  apply(context: AdapterContext<z.output<S>>): void;
}

export function defineAdapter<S extends SettingsSchema>(def: AdapterDef<S>): AdapterDef {
  return def;
}

/**
 * Fills defaults and checks every setting. A setting that is null takes its default, too.
 *
 * @throws RadaptError `method.config` naming the first that does not fit
 */
export function completeConfig<S extends SettingsSchema>(
  { id, label, config }: Pick<AdapterDef<S>, "id" | "label" | "config">,
  given: Config,
): z.output<S> {
  const isStranger = (key: string) => !Object.hasOwn(config.shape, key);
  const stranger = Object.keys(given).find(isStranger);
  if (stranger !== undefined) {
    throw new RadaptError(`${label} has no setting "${stranger}"`, {
      code: "method.config",
      where: `method ${id}`,
      expected: Object.keys(config.shape).join(", ") || "no settings",
      got: stranger,
    });
  }
  const stated = Object.entries(given).filter(([, value]) => value !== null);
  const result = config.safeParse(Object.fromEntries(stated));
  if (result.success) return result.data;
  const key = String(result.error.issues[0].path[0]);
  const row = settingRow(key, config.shape[key]);
  throw new RadaptError(`${label}: ${row.title} is out of range`, {
    code: "method.config",
    where: `method ${id}, ${key}`,
    expected: expectation(row),
    got: JSON.stringify(given[key]),
  });
}
