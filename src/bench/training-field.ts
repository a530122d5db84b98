/** What a training setting declares beside its bounds. */
import type { z } from "zod";
import { type SettingMeta, setting } from "../base/setting";

/** Parts of the training form, in its order. */
export const trainingGroups = {
  optimiser: "Optimiser and schedule",
  loss: "Loss and class imbalance",
  augmentation: "Augmentation of training images",
  head: "Head",
} as const;

export interface TrainingFieldMeta extends SettingMeta {
  group: keyof typeof trainingGroups;
  /**
   * The setting came after the first records were stored. At its default it is left out of a run's
   * identity, so that earlier runs keep theirs. Its default must hence mean what happened before
   * there was the setting.
   */
  later?: true;
  /**
   * Another setting, and what it must be (one of these; a list: hold one of them) for this one to
   * have an effect. Otherwise the form hides it and no identity holds it.
   */
  shownWhen?: { key: string; is: string | readonly string[] };
}

/** What of the metadata is no word of JSON Schema. */
export const formKeys = ["group", "later", "shownWhen", "hidden", "labels"] as const;

/** A training setting with its default. */
export const field = <T extends z.ZodType>(schema: z.ZodDefault<T>, meta: TrainingFieldMeta): z.ZodDefault<T> =>
  setting(schema, meta);
