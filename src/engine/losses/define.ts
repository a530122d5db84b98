/**
 * The interface of a training loss: one object in one file. The object declares the loss's settings
 * and builds its graph. Plan files, forms, `radapt step --loss` and trainers read both from it.
 */
import { z } from "zod";
import type { SettingsSchema } from "../../base/setting";
import type { Builder } from "../graph/builder";
import type { Value } from "../graph/value";

export interface LossInputs {
  /** [B, C]. They contain the loss's `adjustment`. */
  logits: Value;
  /** [B, C], the target distribution of each image. */
  targets: Value;
  /** [B], the weight of each image. The weights of a batch sum to 1 for a weighted mean. */
  weights: Value;
}

/**
 * A training loss. Functions are declared as methods, because TypeScript then allows one list for
 * losses with different settings.
 */
export interface LossDef<
  Id extends string = string,
  Prefix extends string = string,
  S extends SettingsSchema = SettingsSchema,
> {
  /** Plan files, stored records and `LossSpec.name` hold this id. */
  id: Id;
  /** Name in forms. */
  label: string;
  /** How it differs from cross-entropy: a clause of the form's help text. */
  purpose?: string;
  paper?: string;
  /** The class of PyTorch that computes the same loss. Absent: there is none. */
  torch?: string;
  settings: S;
  /** A plan stores the setting `gamma` of the prefix "focal" as `focalGamma`. */
  planPrefix: Prefix;
  /** Set where the loss itself compensates for rare classes. */
  correctsImbalance?: true;
  /**
   * Set where the loss is no proper scoring rule: its minimum is not at the true probabilities of
   * the classes.
   */
  distortsProbabilities?: true;
  /** @returns the loss of each image, [B, 1] or [B]. The loss of a batch is their sum. */
  rows(b: Builder, inputs: LossInputs, settings: z.output<S>): Value;
  /**
   * The numbers that training adds to the logits. Predictions do not contain them. Absent: the loss
   * adds none.
   *
   * @param prior [C] shares of the classes among the training images, above 0
   * @returns [C]
   */
  adjustment?(prior: readonly number[], settings: z.output<S>): Float32Array;
}

/** Completes a loss with `spec`, the schema of `LossSpec` for this loss: its name and settings. */
export function defineLoss<Id extends string, Prefix extends string, S extends SettingsSchema>(
  def: LossDef<Id, Prefix, S>,
) {
  const shape: S["shape"] = def.settings.shape;
  return { ...def, spec: z.strictObject({ ...shape, name: z.literal(def.id) }) };
}
