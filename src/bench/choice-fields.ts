/**
 * The settings of what a plan chooses from a registry, such as a loss: how the plan's form shows
 * each only beside its choice, and how they are read back. `training.ts` adds them to its own.
 */
import type { z } from "zod";
import { prefixedKey, type SettingsSchema, settingRow } from "../base/setting";
import { field, type TrainingFieldMeta } from "./training-field";

/** A member of a registry, with the settings that a plan offers. */
export interface Choice {
  id: string;
  /** Goes before the keys of its settings in the plan. */
  planPrefix: string;
  planSettings: SettingsSchema["shape"];
}

/**
 * The fields of all choices, by their keys in the plan.
 *
 * @param key of the setting that holds the chosen id
 */
export function choiceFields(
  choices: readonly Choice[],
  key: string,
  group: TrainingFieldMeta["group"],
): Record<string, z.ZodDefault<z.ZodType>> {
  const fields = choices.flatMap(({ id, planPrefix, planSettings }) =>
    Object.entries(planSettings).map(([name, schema]) => {
      const { title, description } = settingRow(name, schema);
      const meta: TrainingFieldMeta = { title, description, group, later: true, shownWhen: { key, is: id } };
      return [prefixedKey(planPrefix, name), field(schema, meta)] as const;
    }),
  );
  return Object.fromEntries(fields);
}

/** The settings of the choice by their own names, from the training settings of a plan. */
export function choiceSettings(
  { planPrefix, planSettings }: Omit<Choice, "id">,
  training: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const names = Object.keys(planSettings);
  return Object.fromEntries(names.map((name) => [name, training[prefixedKey(planPrefix, name)]]));
}
