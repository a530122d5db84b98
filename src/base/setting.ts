/**
 * Settings as zod schemas. A setting is a schema with a default, a label and a help text.
 * Validators, forms and JSON Schemas derive from it.
 */
import { z } from "zod";

/** What a form shows besides the bounds of a setting. */
export interface SettingMeta {
  /** Label in the form. */
  title: string;
  /** Help text in the form. */
  description?: string;
  /** Forms do not show the setting: only files set it. */
  hidden?: true;
  /** The form's label for each choice; a choice without one shows its value. */
  labels?: Readonly<Record<string, string>>;
}

declare module "zod" {
  interface GlobalMeta {
    labels?: SettingMeta["labels"];
  }
}

/** An object of settings. Each setting has a default, so that `{}` is always complete. */
export type SettingsSchema = z.ZodObject<Readonly<Record<string, z.ZodDefault<z.ZodType>>>>;

/** Adds the label and the help text to a schema. */
export function setting<T extends z.ZodType, M extends SettingMeta>(
  schema: z.ZodDefault<T>,
  { title, ...more }: M,
): z.ZodDefault<T> {
  return schema.meta({ ...more, title });
}

/**
 * The type of a setting's value.
 * - "choices": a list of listed values
 * - "text": one line
 * - "strings": one name or a list of names
 * - "numbers": a list of numbers
 * - "record": name → number
 */
export type SettingKind =
  | "integer"
  | "number"
  | "boolean"
  | "choice"
  | "choices"
  | "text"
  | "strings"
  | "numbers"
  | "record";

/** One setting, as a form shows it. */
export interface SettingRow extends SettingMeta {
  key: string;
  kind: SettingKind;
  default: unknown;
  /** Bounds of a number; absent where there is none. */
  min?: number;
  max?: number;
  /** The allowed values; for a list, the allowed members. */
  choices?: readonly string[];
}

/** Describes every setting of a schema, in the schema's order. */
export function settingRows(schema: SettingsSchema): SettingRow[] {
  return Object.entries(schema.shape).map(([key, field]) => settingRow(key, field));
}

/**
 * Describes one setting.
 *
 * @throws TypeError for a schema that no form can show
 */
export function settingRow(key: string, field: z.ZodDefault<z.ZodType>): SettingRow {
  const { title = key, description, hidden, labels } = field.meta() ?? {};
  const value = field.unwrap();
  return {
    key,
    title,
    description,
    hidden: hidden === true ? true : undefined,
    labels,
    default: field.parse(undefined),
    ...boundsOf(value),
    ...kindOf(key, value),
  };
}

function kindOf(key: string, value: z.ZodType): Pick<SettingRow, "kind" | "choices"> {
  if (value instanceof z.ZodNumber) return { kind: value.isInt ? "integer" : "number" };
  if (value instanceof z.ZodString) return { kind: "text" };
  if (value instanceof z.ZodBoolean) return { kind: "boolean" };
  if (value instanceof z.ZodEnum) return { kind: "choice", choices: value.options.map(String) };
  if (value instanceof z.ZodRecord) return { kind: "record" };
  if (value instanceof z.ZodUnion) return { kind: "strings" };
  if (value instanceof z.ZodReadonly && value.unwrap() instanceof z.ZodTuple) return { kind: "numbers" };
  if (value instanceof z.ZodArray) {
    if (value.element instanceof z.ZodEnum) return { kind: "choices", choices: value.element.options.map(String) };
    if (value.element instanceof z.ZodNumber) return { kind: "numbers" };
  }
  throw new TypeError(`The setting ${key} has a schema that no form can draw: ${value.type}`);
}

function boundsOf(value: z.ZodType): Pick<SettingRow, "min" | "max"> {
  if (!(value instanceof z.ZodNumber)) return {};
  const bound = (limit: number | null) =>
    limit === null || Math.abs(limit) >= Number.MAX_SAFE_INTEGER ? undefined : limit;
  return { min: bound(value.minValue), max: bound(value.maxValue) };
}

/** The key of a setting among those of other owners: "lion" and "betas" give "lionBetas". */
export type PrefixedKey<Prefix extends string, Key extends string> = Prefix extends ""
  ? Key
  : `${Prefix}${Capitalize<Key>}`;

/** @param prefix "" leaves the key as it is */
export const prefixedKey = (prefix: string, key: string): string =>
  prefix === "" ? key : prefix + key[0].toUpperCase() + key.slice(1);

/** A setting's bounds in words, e.g. "integer from 1 to 256". */
export function expectation({ kind, min, max, choices }: SettingRow): string {
  if (choices) return `one of ${choices.join(", ")}`;
  const range = min !== undefined || max !== undefined ? ` from ${min ?? "any"} to ${max ?? "any"}` : "";
  return kind + range;
}

/** One name or several. */
export const names = z.union([z.string(), z.array(z.string())]);
