/**
 * What a fine-tuning method is: one object, one file. It names roles of layers, never an architecture, and says in graph
 * values what it adds; the framework counts, initialises, trains, saves and tests it.
 */
import { RadaptError } from "../../base/error";
import type { Prng } from "../../base/prng";
import type { Builder } from "../ir/builder";
import type { Value } from "../ir/value";
import type { Layer } from "../layers";
import type { ParameterRole } from "../structure/parameters";
import type { MethodSpec } from "../types";

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

/** What a method may do to the graph. */
export interface AdapterContext {
  b: Builder;
  layers: readonly Layer[];
  /** Every float weight of the backbone that its features depend on. */
  parameters: readonly Value[];
  /** What each of them is for: e.g. role "norm" to train norms alone. */
  parameterRoles: readonly ParameterRole[];
  config: Config;
  /** A new trainable; the same name twice gives the same value. Shape and initial numbers in PyTorch's orientation. */
  trainable(name: string, shape: readonly number[], initial: (prng: Prng) => Float32Array): Value;
  /** Adds `update(x)` to the layer's product, x being the layer's (already adapted) input. */
  add(layer: Layer, update: (x: Value) => Value): void;
  /** Trains a weight of the backbone itself. */
  unfreeze(parameter: Value): void;
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
  /** PEFT's `peft_type`, or Radapt's word for what PEFT lacks. */
  peftType: string;
  /** Settings from a PEFT adapter_config.json. */
  fromPeft: (json: Readonly<Record<string, unknown>>) => Record<string, unknown>;
  /** A label that tells settings apart, e.g. "LoRA r 8". */
  title: (config: Config) => string;
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

export type { MethodSpec };
