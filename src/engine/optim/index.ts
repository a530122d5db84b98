/** Every optimiser: a file of this folder and its line here. What is asked of them by name. */
import { z } from "zod";
import { RadaptError } from "../../base/error";
import adamw from "./adamw";
import type { OptimizerDef } from "./define";
import lion from "./lion";
import type { Optimizer } from "./optimizer";
import sgd from "./sgd";

export type { OptimizerDef } from "./define";
export { gradientSettings, penaltyOf } from "./gradient-settings";
export type { Optimizer };

/** The first one is the default. */
export const optimizers = [adamw, sgd, lion] as const;

export type OptimizerEntry = (typeof optimizers)[number];
export type OptimizerName = OptimizerEntry["id"];

export const optimizerNames: readonly OptimizerName[] = optimizers.map(({ id }) => id);

export const DEFAULT_OPTIMIZER = optimizers[0].id;

/** Names the optimisers where the name is not among them. */
const nameCheck: { error: z.core.$ZodErrorMap<z.core.$ZodIssueInvalidUnion> } = {
  error: ({ code, input }) => {
    if (code !== "invalid_union") return undefined;
    return `name expects ${optimizerNames.join(" or ")}, got ${JSON.stringify(Object(input).name)}`;
  },
};

const [firstSpec, ...otherSpecs] = optimizers.map(({ spec }) => spec);

/** An optimiser by its name, with its settings; those that are absent take their defaults. */
export const optimizerSchema = z.discriminatedUnion("name", [firstSpec, ...otherSpecs], nameCheck);

/** An optimiser as a trainer's options name it: `{ name: "adamw" }` is enough. */
export type OptimizerInput = z.input<typeof optimizerSchema>;

/** The name of an optimiser and all its settings. */
export type OptimizerSpec = z.output<typeof optimizerSchema>;

const [firstArguments, ...otherArguments] = optimizers.map(({ torchArguments }) => torchArguments);

/** What torch.optim's class of a name takes, the learning rate included. */
export const torchArgumentsSchema = z.discriminatedUnion("name", [firstArguments, ...otherArguments], nameCheck);
export type TorchArguments = z.output<typeof torchArgumentsSchema>;

/** @throws RadaptError `optimizer.unknown` */
export function optimizerDef(name: string): OptimizerDef {
  const def = optimizers.find(({ id }) => id === name);
  if (def) return def;
  throw new RadaptError(`There is no optimiser "${name}"`, {
    code: "optimizer.unknown",
    expected: optimizerNames.join(", "),
    got: name,
    remedy: "Choose one of these names.",
  });
}

/**
 * Fills defaults and checks every setting.
 *
 * @throws RadaptError `optimizer.settings` naming the first that does not fit
 */
export function completeOptimizer(given: OptimizerInput): OptimizerSpec {
  const { label } = optimizerDef(given.name);
  const result = optimizerSchema.safeParse(given);
  if (result.success) return result.data;
  const [{ path, message }] = result.error.issues;
  throw new RadaptError(`${label}: a setting does not fit`, {
    code: "optimizer.settings",
    where: ["optimizer", ...path].join("."),
    expected: message,
    got: JSON.stringify(given),
    remedy: "Correct it, or leave it out to take its default.",
  });
}

/**
 * The optimiser that the settings describe.
 *
 * @throws RadaptError for settings that exclude one another
 */
export const createOptimizer = (spec: OptimizerSpec): Optimizer => optimizerDef(spec.name).create(spec);
