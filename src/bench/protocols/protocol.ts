/**
 * What a split protocol is: how a dataset is divided into training, validation and test images,
 * part by part.
 */
import type { z } from "zod";
import type { SettingsSchema } from "../../base/setting";
import type { SplitImage } from "../folds";

/** What of a dataset a protocol divides. A `DatasetRow` fits. */
export interface SplitDataset {
  images: readonly SplitImage[];
  /** Class names, for messages and so that a class without images is noticed. */
  classes?: readonly string[];
  /** Hashes of the columns that protocols read, for those that the dataset has. */
  columnHashes?: { centre?: string; split?: string };
  /** Split files that came with the dataset, by their hash. */
  splitFiles?: Readonly<Record<string, readonly SplitFilePart[]>>;
}

/** The names of the images of one part, as a split file lists them. */
export interface SplitFilePart {
  name: string;
  train: string[];
  validation: string[];
  test: string[];
}

/** The images of one part, in order of name. No patient is in two of the three. */
export interface PartImages {
  train: SplitImage[];
  /** For early stopping and the choice of settings; the test images never serve for these. */
  validation: SplitImage[];
  test: SplitImage[];
}

/** Whether images of one patient stay together; "image" where the table names no patients. */
export type Grouping = "patient" | "image";

/** A protocol as its file declares it. `S` is the schema of its settings. */
export interface ProtocolDeclaration<S extends SettingsSchema> {
  id: string;
  /** For people, e.g. "Stratified group k-fold". */
  label: string;
  /**
   * One part in a word whose plural ends in "s", e.g. "fold": what a table's column of parts is
   * called.
   */
  noun: string;
  /** Settings, each with a default, a title and a description for forms. */
  config: S;
  /** The split in words, e.g. "5 folds by patient" or "5 folds image by image". */
  describe(config: z.infer<S>, grouping: Grouping): string;
  /**
   * Names of the parts, in the order of computing. Each part is tested once per seed. Listing them
   * divides nothing.
   *
   * @param dataset absent where records alone are at hand; then those that the settings tell,
   *   possibly none
   */
  parts(config: z.infer<S>, dataset?: SplitDataset): readonly string[];
  /** The column of the dataset that it reads; the column's hash enters the ids of runs. */
  reads?: "centre" | "split";
  /** @throws RadaptError where the dataset lacks what the protocol needs, whatever the part */
  check?(dataset: SplitDataset, config: z.infer<S>): void;
  /** What a person should know of the split before Start, each a sentence. */
  cautions?(dataset: SplitDataset, config: z.infer<S>): string[];
  /** A part as a table shows it under `noun`, e.g. "1". */
  title(part: string, config: z.infer<S>): string;
  /** A part in words, e.g. "fold 1 of 5". */
  partLabel(part: string, config: z.infer<S>): string;
  /**
   * The images of one part. Equal arguments give equal images, whatever the order in which the
   * images come.
   *
   * @param seed of the split: the same for every method, so that results pair
   * @throws RadaptError where the dataset is too small for the settings
   */
  divide(dataset: SplitDataset, config: z.infer<S>, seed: number, part: string): PartImages;
  /**
   * n_test / n_train of one part, by which the variance of a mean over parts is corrected for
   * training sets that overlap (stats/mean-interval.ts); 0 where they share no image.
   *
   * @param parts the number of parts, as far as it is known
   */
  overlap(config: z.infer<S>, parts: number): number;
  /**
   * Whether another seed tests other images, so that repeats of the split are evidence of their
   * own.
   */
  repeatable: boolean;
  /**
   * What of the settings leaves more images for training, e.g. "more folds"; null where nothing
   * does.
   */
  moreTraining: string | null;
}

/** Values that a protocol's settings may have. */
export type SplitSettings = Readonly<Record<string, string | number | boolean>>;

/** A protocol whose functions read their settings out of any object that holds them. */
export interface SplitProtocol
  extends Pick<ProtocolDeclaration<SettingsSchema>, "id" | "label" | "noun" | "config" | "reads" | "repeatable"> {
  moreTraining: string | null;
  describe(config: SplitSettings, grouping: Grouping): string;
  parts(config: SplitSettings, dataset?: SplitDataset): readonly string[];
  check(dataset: SplitDataset, config: SplitSettings): void;
  cautions(dataset: SplitDataset, config: SplitSettings): string[];
  title(part: string, config: SplitSettings): string;
  partLabel(part: string, config: SplitSettings): string;
  divide(dataset: SplitDataset, config: SplitSettings, seed: number, part: string): PartImages;
  overlap(config: SplitSettings, parts: number): number;
}

/** Declares a protocol: its functions get settings that its schema has checked and completed. */
export function defineProtocol<S extends SettingsSchema>(
  protocol: ProtocolDeclaration<S>,
): SplitProtocol & { config: S } {
  const checked = (config: SplitSettings) => protocol.config.parse(config);
  return {
    ...protocol,
    describe: (config, grouping) => protocol.describe(checked(config), grouping),
    parts: (config, dataset) => protocol.parts(checked(config), dataset),
    check: (dataset, config) => protocol.check?.(dataset, checked(config)),
    cautions: (dataset, config) => protocol.cautions?.(dataset, checked(config)) ?? [],
    title: (part, config) => protocol.title(part, checked(config)),
    partLabel: (part, config) => protocol.partLabel(part, checked(config)),
    divide: (dataset, config, seed, part) => {
      protocol.check?.(dataset, checked(config));
      return protocol.divide(dataset, checked(config), seed, part);
    },
    overlap: (config, parts) => protocol.overlap(checked(config), parts),
  };
}
