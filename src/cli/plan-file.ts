/** Reads a plan from a file and checks it. An error names every wrong field. */
import { z } from "zod";
import { RadaptError } from "../base";
import { methodSchema, type Plan, planSchema } from "../bench/plan";
import { formKeys } from "../bench/training-field";
import { adapters } from "../engine/index";
import { readJson } from "./node-runtime";

const MAX_MISTAKES = 8;

/** @throws RadaptError `plan.bad` with every field that does not fit */
export async function readPlan(path: string): Promise<Plan> {
  return parsePlan(await readJson(path), path);
}

export function parsePlan(json: unknown, where: string): Plan {
  const result = planSchema.safeParse(json);
  if (result.success) return result.data;
  const issues = result.error.issues.flatMap((issue) => mistakesOf(issue, json));
  const lines = issues.slice(0, MAX_MISTAKES).map(({ path, message, got }) => `${path}: ${message} (got ${got})`);
  if (issues.length > MAX_MISTAKES) lines.push(`and ${issues.length - MAX_MISTAKES} more`);
  throw new RadaptError(`The plan has ${issues.length === 1 ? "a mistake" : "mistakes"}.`, {
    code: "plan.bad",
    where,
    expected: "a plan as described by schemas/plan.schema.json",
    got: `\n  ${lines.join("\n  ")}`,
    remedy: 'Correct these fields. With "$schema" in the plan an editor checks it while you type; see examples/.',
  });
}

interface Mistake {
  path: string;
  message: string;
  got: string;
}

/**
 * Lists the mistakes of an issue. In a union it takes the variant with the fewest mistakes, which
 * is probably the one that was meant.
 */
function mistakesOf(issue: z.core.$ZodIssue, root: unknown, prefix: readonly PropertyKey[] = []): Mistake[] {
  const path = [...prefix, ...issue.path];
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const [closest] = [...issue.errors].sort((a, b) => countMistakes(a) - countMistakes(b));
    return closest.flatMap((inner) => mistakesOf(inner, root, path));
  }
  const value = path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], root);
  const got = value === undefined ? "nothing" : abbreviate(JSON.stringify(value));
  const unknown = issue.code === "unrecognized_keys" ? `unknown field ${issue.keys.join(", ")}` : issue.message;
  return [{ path: path.length > 0 ? z.core.toDotPath(path) : "the plan", message: unknown, got }];
}

/**
 * Counts mistakes. A wrong type at the top weighs most, then an unknown field, then a wrong or
 * missing one.
 */
function countMistakes(issues: readonly z.core.$ZodIssue[]): number {
  return issues.reduce(
    (sum, { code, path }) => sum + (code === "unrecognized_keys" ? 2 : path.length === 0 ? 3 : 1),
    0,
  );
}

function abbreviate(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** The JSON Schema of a plan file, for editors and for schemas/plan.schema.json. */
export function planJsonSchema(): Record<string, unknown> {
  return { title: "Radapt plan", ...jsonSchemaOf(planSchema) };
}

/** Without what is the form's alone; a method is described with the settings that its id has. */
function jsonSchemaOf(schema: z.ZodType): z.core.JSONSchema.JSONSchema {
  return z.toJSONSchema(schema, {
    io: "input",
    override: ({ zodSchema, jsonSchema }) => {
      for (const key of formKeys) delete jsonSchema[key];
      if (zodSchema === methodSchema) jsonSchema.allOf = adapters.map(settingsOfMethod);
    },
  });
}

function settingsOfMethod({ id, config }: (typeof adapters)[number]): z.core.JSONSchema.JSONSchema {
  const { $schema, ...settings } = jsonSchemaOf(config);
  // biome-ignore lint/suspicious/noThenProperty: a word of JSON Schema, and this object is only written as text
  return { if: { properties: { id: { const: id } } }, then: { properties: { config: settings } } };
}
