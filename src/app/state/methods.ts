/**
 * The fine-tuning methods from the engine's registry, the only source of their forms and labels
 * here. The imports bypass the engine's index, since the page needs only the declarations and no
 * code that computes.
 */
import { adapters } from "../../engine/adapters";
import type { AdapterDef, ConfigField, Preset } from "../../engine/adapters/define";

export type MethodMeta = Pick<
  AdapterDef,
  "id" | "label" | "paper" | "description" | "config" | "trainingDefaults" | "presets" | "needs" | "fit"
>;
export type ConfigRow = ConfigField;

export const methods: readonly MethodMeta[] = adapters;

export function methodMeta(id: string): MethodMeta | undefined {
  return methods.find((m) => m.id === id);
}

/** The settings that the form of the method shows. */
export function shownConfig(meta: MethodMeta): readonly ConfigRow[] {
  return meta.config.filter((row) => !row.hidden);
}

export function defaultConfig(meta: MethodMeta): Record<string, unknown> {
  return Object.fromEntries(shownConfig(meta).map((row) => [row.key, row.default]));
}

/** Presets of a method. The first one holds its defaults. */
export function presetsOf(meta: MethodMeta): readonly Preset[] {
  return [{ label: "Radapt default", config: {} }, ...(meta.presets ?? [])];
}

/** Problems of a method's settings, by key; empty if there are none. */
export function checkConfig(id: string, config: Record<string, unknown>): Record<string, string> {
  const problems: Record<string, string> = {};
  for (const row of methodMeta(id)?.config ?? []) {
    const message = checkValue(row, config[row.key] ?? row.default);
    if (message) problems[row.key] = message;
  }
  return problems;
}

function checkValue(row: ConfigRow, value: unknown): string | null {
  if (row.kind === "number" || row.kind === "integer") {
    if (typeof value !== "number" || !Number.isFinite(value)) return "A number is needed.";
    if (row.kind === "integer" && !Number.isInteger(value)) return "A whole number is needed.";
    if (row.min !== undefined && value < row.min) return `At least ${row.min}.`;
    if (row.max !== undefined && value > row.max) return `At most ${row.max}.`;
  }
  if (row.kind === "strings" && value !== null && (value === "" || (Array.isArray(value) && value.length === 0)))
    return "Name at least one.";
  return null;
}

/**
 * Reads names from text. One word stays a string, since it may be "auto" or a pattern; several
 * become a list.
 */
export function parseNames(text: string): string | string[] {
  const names = text.split(/[\s,]+/).filter(Boolean);
  return names.length === 1 ? names[0] : names;
}
