/**
 * Parses and checks the options of a command. A mistake is a usage error (exit status 2) that shows
 * the command's help.
 */
import { type ParseArgsConfig, parseArgs } from "node:util";
import { messageOf } from "../base";

export class UsageError extends Error {
  readonly help: string;

  constructor(message: string, help: string) {
    super(message);
    this.name = "UsageError";
    this.help = help;
  }
}

export interface Command {
  name: string;
  /** One line for the overview. */
  summary: string;
  help: string;
  /** @returns exit status */
  run(argv: readonly string[]): Promise<number>;
}

export interface ParsedArgs {
  positionals: string[];
  /** The text of an option, or undefined. */
  text(name: string): string | undefined;
  /** The text of a required option. */
  required(name: string): string;
  flag(name: string): boolean;
  integer(name: string, fallback: number, least: number): number;
  /** Comma-separated numbers. */
  numbers(name: string): number[] | undefined;
  /** One of the given choices. */
  choice<T extends string>(name: string, choices: readonly T[], fallback: T): T;
  fail(message: string): UsageError;
}

/** @throws UsageError for unknown options, missing values, and too many or too few positionals */
export function parseCommandArgs(
  argv: readonly string[],
  help: string,
  options: NonNullable<ParseArgsConfig["options"]>,
  positionals: { least: number; most: number } = { least: 0, most: 0 },
): ParsedArgs {
  const fail = (message: string) => new UsageError(message, help);
  let values: Record<string, unknown>;
  let rest: string[];
  try {
    const parsed = parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
    values = parsed.values;
    rest = parsed.positionals;
  } catch (error) {
    throw fail(messageOf(error));
  }
  if (rest.length < positionals.least) throw fail("An argument is missing.");
  if (rest.length > positionals.most) throw fail(`Unexpected argument "${rest[positionals.most]}".`);
  const text = (name: string) => values[name] as string | undefined;
  const number = (name: string, given: string) => {
    const value = Number(given);
    if (given.trim() === "" || !Number.isFinite(value)) throw fail(`--${name} expects a number, got "${given}".`);
    return value;
  };
  return {
    positionals: rest,
    text,
    required: (name) => {
      const value = text(name);
      if (value === undefined) throw fail(`--${name} is required.`);
      return value;
    },
    flag: (name) => values[name] === true,
    integer: (name, fallback, least) => {
      const given = text(name);
      if (given === undefined) return fallback;
      const value = number(name, given);
      if (!Number.isInteger(value) || value < least)
        throw fail(`--${name} expects a whole number from ${least}, got "${given}".`);
      return value;
    },
    numbers: (name) =>
      text(name)
        ?.split(",")
        .map((part) => number(name, part)),
    choice: (name, choices, fallback) => {
      const given = text(name) ?? fallback;
      const found = choices.find((choice) => choice === given);
      if (found === undefined) throw fail(`--${name} expects ${choices.join(" or ")}, got "${given}".`);
      return found;
    },
    fail,
  };
}
