/** What a training setting declares besides its bounds. */
import type { z } from "zod";
import { type SettingMeta, setting } from "../base/setting";

/** Sections of the training form, in order. */
export const trainingGroups = {
  optimiser: "Optimiser and schedule",
  loss: "Loss and class imbalance",
  augmentation: "Augmentation of training images",
  head: "Head",
} as const;

export interface TrainingFieldMeta extends SettingMeta {
  group: keyof typeof trainingGroups;
  /**
   * The setting is newer than the first stored records. At its default it does not enter a run's
   * identity, so that older runs keep their ids. Hence its default must mean what Radapt did before
   * the setting existed.
   */
  later?: true;
  /**
   * This setting has an effect only while another setting has one of the given values (or, if that
   * one is a list, contains one of them). Otherwise the form hides it and no run identity contains
   * it.
   */
  shownWhen?: { key: string; is: string | readonly string[] };
}

/** Keys of the metadata that are not part of JSON Schema. */
export const formKeys = ["group", "later", "shownWhen", "hidden", "labels"] as const;

/** Declares a training setting with its default and metadata. */
export const field = <T extends z.ZodType>(schema: z.ZodDefault<T>, meta: TrainingFieldMeta): z.ZodDefault<T> =>
  setting(schema, meta);
