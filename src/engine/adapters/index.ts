/** The registry of fine-tuning methods, and questions about them by id. */
import { RadaptError } from "../../base/error";
import type { FeatureFit } from "../heads/feature-fit";
import type { MethodSpec } from "../types";
import { type AdapterDef, completeConfig } from "./define";
import { methods } from "./methods";
import { parsePeftConfig } from "./peft-config";

/** All methods, the cheapest first. */
export const adapters: readonly AdapterDef[] = methods.toSorted(
  (a, b) => a.order - b.order || a.label.localeCompare(b.label),
);

export const methodIds: readonly string[] = adapters.map((a) => a.id);

/** @throws RadaptError `method.unknown` */
export function adapterOf(id: string): AdapterDef {
  const def = adapters.find((a) => a.id === id);
  if (def) return def;
  throw new RadaptError(`There is no method "${id}"`, {
    code: "method.unknown",
    expected: methodIds.join(", "),
    got: id,
    remedy: "Choose one of these ids.",
  });
}

/** A method with all its settings. */
export interface CompletedConfig {
  config: Record<string, unknown>;
  /** Distinguishes settings, e.g. "LoRA r 8". */
  label: string;
  /** Training settings that suit the method. */
  trainingDefaults: Readonly<Record<string, unknown>>;
  /** True if equal training images give equal bits, whatever the seed. */
  deterministic: boolean;
}

/**
 * Completes a method's settings with defaults and checks them.
 *
 * @throws RadaptError `method.unknown`, or `method.config` for a setting that does not fit
 */
export function completeMethod(id: string, config: Readonly<Record<string, unknown>>): CompletedConfig {
  const def = adapterOf(id);
  const complete = completeConfig(def, config);
  const { fit, trainingDefaults } = def;
  // A predictor that is solved from features takes no random steps.
  return { config: complete, label: def.title(complete), trainingDefaults, deterministic: fit !== undefined };
}

/**
 * Reads a method from a PEFT adapter_config.json. For methods that PEFT lacks, `peft_type` is
 * Radapt's own word, e.g. `{"peft_type": "BITFIT"}`.
 *
 * @throws RadaptError `method.*` for a method or setting that Radapt does not support
 */
export function methodFromPeftConfig(json: Readonly<Record<string, unknown>>): MethodSpec {
  return parsePeftConfig(adapters, json);
}

/** Methods that can train in steps: all except those that train nothing at all. */
export const steppedMethods: readonly AdapterDef[] = adapters.filter(
  (def) => def.fit?.(completeConfig(def, {})).kind !== "training-free",
);

/** How the method finds its predictor from features alone. null for methods that train in steps. */
export function fitOf({ id, config }: MethodSpec): FeatureFit | null {
  const def = adapterOf(id);
  return def.fit?.(completeConfig(def, config)) ?? null;
}
