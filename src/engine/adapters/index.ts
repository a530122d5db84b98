/** The registry of methods, and what is asked of them by id. */
import { RadaptError } from "../../base/error";
import type { FeatureFit } from "../heads/feature-fit";
import type { MethodSpec } from "../types";
import { type AdapterDef, completeConfig } from "./define";
import { methods } from "./methods";
import { parsePeftConfig } from "./peft-config";

/** Cheapest first. */
export const adapters: readonly AdapterDef[] = methods.toSorted(
  (a, b) => a.order - b.order || a.label.localeCompare(b.label),
);

export const methodIds: readonly string[] = adapters.map((a) => a.id);

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

/**
 * A method's settings with defaults filled in and checked, its label, and the training settings
 * that suit it.
 */
export function completeMethod(
  id: string,
  config: Readonly<Record<string, unknown>>,
): { config: Record<string, unknown>; label: string; trainingDefaults: Readonly<Record<string, unknown>> } {
  const def = adapterOf(id);
  const complete = completeConfig(def, config);
  return { config: complete, label: def.title(complete), trainingDefaults: def.trainingDefaults };
}

/**
 * A PEFT adapter_config.json, or the like for what PEFT lacks, e.g. `{"peft_type": "BITFIT"}`, as a
 * method.
 */
export function methodFromPeftConfig(json: Readonly<Record<string, unknown>>): MethodSpec {
  return parsePeftConfig(adapters, json);
}

/** Methods that can be trained in steps: all but those that train nothing, not even a head. */
export const steppedMethods: readonly AdapterDef[] = adapters.filter(
  (def) => def.fit?.(completeConfig(def, {})).kind !== "training-free",
);

/**
 * How the method finds its predictor from features alone, where it does; null for methods that
 * train in steps.
 */
export function fitOf({ id, config }: MethodSpec): FeatureFit | null {
  const def = adapterOf(id);
  return def.fit?.(completeConfig(def, config)) ?? null;
}
