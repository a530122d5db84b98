/**
 * What a training loss is: one object, one file. It declares its settings and builds its graph;
 * plan files, forms, `radapt step --loss` and trainers read everything else from it.
 */
import { z } from "zod";
import type { SettingsSchema } from "../../base/setting";
import type { Builder } from "../graph/builder";
import type { Value } from "../graph/value";

export interface LossInputs {
  /** [B, C]; the loss's own adjustment is added already. */
  logits: Value;
  /** [B, C], the target distribution of each image. */
  targets: Value;
  /** [B], the weight of each image; a weighted mean has weights that sum to 1. */
  weights: Value;
}

/**
 * Functions stand as methods, so that the registry can hold losses of different settings in one
 * list.
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
  /** What it does beside cross-entropy, as a clause of the form's help text. */
  purpose?: string;
  paper?: string;
  /** PyTorch's class for the same function, where there is one. */
  torch?: string;
  settings: S;
  /** A plan stores the setting `gamma` of the prefix "focal" as `focalGamma`. */
  planPrefix: Prefix;
  /** True where the loss itself makes up for rare classes. */
  correctsImbalance?: true;
  /** True where the best outputs are not the probabilities of the classes (no proper score). */
  distortsProbabilities?: true;
  /** @returns the loss of each image, [B, 1] or [B]; a batch's loss is their sum */
  rows(b: Builder, inputs: LossInputs, settings: z.output<S>): Value;
  /**
   * What training adds to the logits; predictions go without it. Absent: nothing.
   *
   * @param prior [C] shares of the classes among the training images, above 0
   * @returns [C]
   */
  adjustment?(prior: readonly number[], settings: z.output<S>): Float32Array;
}

/** Adds the schema of the loss as a trainer's options name it: `name` and the settings. */
export function defineLoss<Id extends string, Prefix extends string, S extends SettingsSchema>(
  def: LossDef<Id, Prefix, S>,
) {
  const shape: S["shape"] = def.settings.shape;
  return { ...def, spec: z.strictObject({ ...shape, name: z.literal(def.id) }) };
}
