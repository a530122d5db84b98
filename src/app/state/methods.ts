/**
 * The fine-tuning methods from the engine's registry, the only source of their forms and labels
 * here. The imports bypass the engine's index, since the page needs only the declarations and no
 * code that computes.
 */
import type { z } from "zod";
import { type SettingRow, settingRow, settingRows } from "../../base/setting";
import { adapters } from "../../engine/adapters";
import type { AdapterDef, Preset } from "../../engine/adapters/define";

export type MethodMeta = Pick<
  AdapterDef,
  "id" | "label" | "paper" | "description" | "config" | "trainingDefaults" | "presets" | "needs" | "fit"
>;

export const methods: readonly MethodMeta[] = adapters;

export function methodMeta(id: string): MethodMeta | undefined {
  return methods.find((m) => m.id === id);
}

/** The settings that the form of the method shows. */
export function shownConfig(meta: MethodMeta): readonly SettingRow[] {
  return settingRows(meta.config).filter((row) => !row.hidden);
}

/** A setting's label in the form; its key where the method has no such setting. */
export function settingLabel(meta: MethodMeta | undefined, key: string): string {
  const field = meta?.config.shape[key];
  return field ? settingRow(key, field).title : key;
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
  for (const [key, field] of Object.entries(methodMeta(id)?.config.shape ?? {})) {
    const value = config[key] ?? undefined;
    const [issue] = field.safeParse(value).error?.issues ?? [];
    if (issue) problems[key] = issueText(issue);
    else if (settingRow(key, field).kind === "strings" && isEmpty(value)) problems[key] = "Name at least one.";
  }
  return problems;
}

/** An issue of a schema in the form's words. */
function issueText(issue: z.core.$ZodIssue): string {
  if (issue.code === "too_small") return `At least ${issue.minimum}.`;
  if (issue.code === "too_big") return `At most ${issue.maximum}.`;
  if (issue.code !== "invalid_type") return issue.message;
  if (issue.expected === "int") return "A whole number is needed.";
  return issue.expected === "number" ? "A number is needed." : issue.message;
}

const isEmpty = (value: unknown) => value === "" || (Array.isArray(value) && value.length === 0);

/**
 * Reads names from text. One word stays a string, since it may be "auto" or a pattern; several
 * become a list.
 */
export function parseNames(text: string): string | string[] {
  const names = text.split(/[\s,]+/).filter(Boolean);
  return names.length === 1 ? names[0] : names;
}
