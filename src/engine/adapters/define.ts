/**
 * The interface of a fine-tuning method: one object in one file. A method names roles of layers,
 * never an architecture, and writes its additions as graph values. The engine counts, initialises,
 * trains, saves and tests them.
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
 * Weights of a site in PyTorch's orientation: [out, in] for a linear layer, [out, in, kh, kw] for a
 * convolution, [features] for a normalisation.
 */
export interface SiteWeights {
  weight: Value;
  /** [out], or null where the layer has no bias. */
  bias: Value | null;
}

/** The token stream of a vision transformer, which prompts can join. */
export interface PromptSites {
  /** Batch size B. */
  batch: number;
  /** Width D of a token. */
  width: number;
  /** Number of blocks. */
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
  /** Every float weight of the backbone that its feature depends on. */
  parameters: readonly Value[];
  config: C;
  /**
   * Declares a trainable. The same name gives the same value again. Shape and initial numbers are
   * in PyTorch's orientation.
   */
  trainable(name: string, shape: readonly number[], initial: (prng: Prng) => Float32Array): Value;
  /**
   * Declares random numbers that belong to the adapter but are not trained. They are initialised,
   * saved and loaded like a trainable.
   */
  buffer(name: string, shape: readonly number[], initial: (prng: Prng) => Float32Array): Value;
  /**
   * Dropout on x while training. `place` is a name of its own, so that two places drop different
   * elements.
   */
  dropout(x: Value, probability: number, place: string): Value;
  /**
   * Replaces the layer's product (before its bias) by `f`. `f` gets the layer's input, and the
   * product as a function of the input.
   */
  wrap(layer: AdaptableLayer, f: (x: Value, base: (x: Value) => Value) => Value): void;
  /** Replaces `value` by `f(value)` for everything that reads it. */
  after(value: Value, f: (y: Value) => Value): void;
  /**
   * The blocks of the token stream.
   *
   * @throws RadaptError `method.backbone` unless the backbone is a plain vision transformer
   */
  tokens(): PromptSites;
  /**
   * Adds prompts [B, p, D] to the tokens. With a block's number `at`, the prompts pass through the
   * attention of this block only (deep prompts). With "all", they enter before the first block and
   * leave after the last one (shallow prompts).
   */
  prompt(at: number | "all", prompts: Value): void;
  /** Describes the same change as new weights of the site. The first call for a weight counts. */
  merge(site: Site, f: (weights: SiteWeights) => SiteWeights): void;
  /**
   * Trains a weight of the backbone itself. The checkpoint saves it under `name`, by default its
   * own name.
   */
  unfreeze(parameter: Value, name?: string): void;
}

/** Where PEFT's adapter_config.json keeps a setting. */
export interface PeftField {
  key: string;
  /** PEFT's default, where it differs from Radapt's. */
  default?: unknown;
}

/** How an adapter_config.json stores a method with the settings C. */
export interface PeftForm<C = Config> {
  /** `peft_type`, or Radapt's own word where PEFT lacks the method. */
  type: string;
  /** Settings that distinguish methods with the same `peft_type`. */
  fixed?: Readonly<Record<string, unknown>>;
  /** Set where PEFT does not know the `peft_type`. */
  own?: true;
  /** For each of Radapt's settings, where PEFT keeps it. */
  fields: { readonly [K in keyof C]: PeftField };
  /**
   * Replaces settings that name layers by role or word with lists of modules. null where PEFT has
   * no name for an adapted part.
   */
  modules?(sites: Pick<AdapterContext, "layers" | "norms">, config: C): Record<string, readonly Target[]> | null;
}

/** Named settings of a method. The form offers them as a choice above its fields. */
export interface Preset<C = Config> {
  label: string;
  /** Settings that replace the method's defaults. */
  config: Partial<C>;
  /** Training settings that replace the method's `trainingDefaults`. */
  training?: Readonly<Record<string, unknown>>;
}

/**
 * A fine-tuning method. Functions are declared as methods, because TypeScript then allows one list
 * for methods with different settings.
 */
export interface AdapterDef<S extends SettingsSchema = SettingsSchema> {
  id: string;
  label: string;
  /** What the method does, in one sentence for a clinician. */
  description: string;
  paper: string;
  /** Position in lists, which go from the cheapest method to the most expensive one. */
  order: number;
  /** The settings as a zod schema. It draws the form and validates input. */
  config: S;
  /**
   * Training settings that suit the method, in place of the plan's defaults (keys of the plan's
   * `training`).
   */
  trainingDefaults: Readonly<Record<string, unknown>>;
  /**
   * For a method that does not change the backbone: how it finds its predictor from features.
   * Absent: the method trains in steps.
   */
  fit?(config: z.output<S>): FeatureFit;
  presets?: readonly Preset<z.output<S>>[];
  peft: PeftForm<z.output<S>>;
  /** A label that distinguishes settings, e.g. "LoRA r 8". */
  title(config: z.output<S>): string;
  /** Whether what the method learns can be written as weights of the backbone. */
  mergeable: boolean;
  /**
   * Set where the untrained method already changes the feature. All other methods must start with
   * an unchanged feature.
   */
  changesAtStart?: true;
  /**
   * What a backbone must have, whatever the settings (see `ModelInfo.lacks`). Absent: only the
   * targets decide.
   */
  needs?: "tokens";
  apply(context: AdapterContext<z.output<S>>): void;
}

export function defineAdapter<S extends SettingsSchema>(def: AdapterDef<S>): AdapterDef {
  return def;
}

/**
 * Fills in defaults and checks every setting. A setting that is null takes its default too.
 *
 * @throws RadaptError `method.config` naming the first setting that is unknown or out of range
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
