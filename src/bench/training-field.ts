/** What a row of training settings says beside its bounds. */
import type { z } from "zod";

/** Parts of the training form, in its order. */
export const trainingGroups = {
  optimiser: "Optimiser and schedule",
  loss: "Loss and class imbalance",
  augmentation: "Augmentation of training images",
  head: "Head",
} as const;

export interface TrainingFieldMeta {
  /** Label of the form. */
  title: string;
  group: keyof typeof trainingGroups;
  description?: string;
  /**
   * Came after the first records were stored: at its default it is left out of a run's identity, so that runs from before
   * keep theirs. The default must hence mean what happened before there was the setting.
   */
  later?: true;
  /**
   * Another setting, and what it must be (one of these; a list: hold one of them) for this one to have an effect; else the form
   * hides it and no identity holds it.
   */
  shownWhen?: { key: string; is: string | readonly string[] };
}

/** What of the meta data is the form's and the identity's alone, and no word of JSON Schema. */
export const formKeys = ["group", "later", "shownWhen"] as const;

/** A setting with its default. */
export function field<T extends z.ZodType>(
  schema: z.ZodDefault<T>,
  { title, ...meta }: TrainingFieldMeta,
): z.ZodDefault<T> {
  return schema.meta({ ...meta, title });
}
