/**
 * The registry of training losses, and functions that find a loss by its name. A new loss is a file
 * of this folder and a line in the list below.
 */
import { z } from "zod";
import { RadaptError } from "../../base/error";
import type { Builder } from "../graph/builder";
import type { Value } from "../graph/value";
import crossEntropy from "./cross-entropy";
import type { LossDef, LossInputs } from "./define";
import focal from "./focal";
import logitAdjusted from "./logit-adjusted";

export type { LossDef, LossInputs };

/** The first one is the default. */
export const losses = [crossEntropy, focal, logitAdjusted] as const;

export type Loss = (typeof losses)[number];
export type LossName = Loss["id"];

export const lossNames: readonly LossName[] = losses.map(({ id }) => id);

export const DEFAULT_LOSS = losses[0].id;

const [first, ...others] = losses.map(({ spec }) => spec);

/** A loss by its name, with its settings. A setting that is absent takes its default. */
export const lossSchema = z.discriminatedUnion("name", [first, ...others]);

/** What a step minimises: the name of a loss and all its settings. */
export type LossSpec = z.output<typeof lossSchema>;

/** @throws RadaptError `loss.unknown` */
export function lossDef(name: string): LossDef {
  const def = losses.find(({ id }) => id === name);
  if (def) return def;
  throw new RadaptError(`There is no loss "${name}"`, {
    code: "loss.unknown",
    expected: lossNames.join(", "),
    got: name,
    remedy: "Choose one of these names.",
  });
}

/** Whether training with a loss reads `Trainer.setLogitAdjustment`. */
export const adjustsLogits = ({ name }: Pick<LossSpec, "name">): boolean => lossDef(name).adjustment !== undefined;

/**
 * The numbers that training adds to the logits, or null where the loss adds none.
 *
 * @param prior [C] shares of the classes, above 0
 * @returns [C]
 */
export const logitAdjustment = (spec: LossSpec, prior: readonly number[]): Float32Array | null =>
  lossDef(spec.name).adjustment?.(prior, spec) ?? null;

/**
 * Builds the loss of each image. The loss of a batch is their sum.
 *
 * @param adjustment [C], added to the logits; null where the loss adjusts none
 */
export function lossRows(b: Builder, spec: LossSpec, inputs: LossInputs & { adjustment: Value | null }): Value {
  const { adjustment, ...given } = inputs;
  const logits = adjustment ? b.add(given.logits, adjustment) : given.logits;
  return lossDef(spec.name).rows(b, { ...given, logits }, spec);
}
