/** Every split protocol: a new one is a file of this folder and a line in the list below. */
import { z } from "zod";
import { RadaptError } from "../../base";
import type { SplitImage } from "../folds";
import holdOut from "./hold-out";
import leaveOneCentreOut from "./leave-one-centre-out";
import predefined from "./predefined";
import type { Grouping, PartImages, SplitDataset, SplitProtocol, SplitSettings } from "./protocol";
import stratifiedGroupKFold from "./stratified-group-k-fold";

export type { PartImages, SplitDataset, SplitProtocol, SplitSettings } from "./protocol";
export { predefined, stratifiedGroupKFold };

/** In the order of forms; the first is the default. */
export const protocols: readonly SplitProtocol[] = [stratifiedGroupKFold, holdOut, leaveOneCentreOut, predefined];

/** A protocol's id with its settings, as a plan chooses them. */
export type SplitChoice = SplitSettings & { protocol: string };

/**
 * What a run's configuration holds of its split: two runs of equal `RunSplit` on one dataset test
 * the same images.
 */
export type RunSplit = SplitChoice & {
  /** Seeds the split; the same for every method, so that results pair. */
  splitSeed: number;
  /** Name of the part, among those that the protocol gives. */
  part: string;
  /** Hash of the dataset's column that the protocol reads; absent where it reads none. */
  columnHash?: string;
};

const choices = protocols.map(({ id, label, config }) =>
  z.strictObject({ protocol: z.literal(id).describe(label), ...config.shape }),
);

/** A plan's choice of a protocol: settings that are left out take their defaults. */
export const splitSchema = z.union(choices) as unknown as z.ZodType<SplitChoice, SplitChoice>;

/** @throws RadaptError `split.protocol` for an id that is not registered */
export function protocolOf({ protocol }: { protocol: string }): SplitProtocol {
  const found = protocols.find(({ id }) => id === protocol);
  if (found) return found;
  throw new RadaptError("A run names a split protocol that is not here.", {
    code: "split.protocol",
    expected: protocols.map(({ id }) => id).join(", "),
    got: protocol,
    remedy: "Use the version of Radapt that computed the run, or a newer one.",
  });
}

/** A split in words, e.g. "5 folds by patient". */
export const describeSplit = (split: SplitChoice, grouping: Grouping): string =>
  protocolOf(split).describe(split, grouping);

/**
 * Names of the parts, in the order of computing; without a dataset those that the settings alone
 * tell.
 */
export const partsOf = (split: SplitChoice, dataset?: SplitDataset): readonly string[] =>
  protocolOf(split).parts(split, dataset);

/** A run's split: the plan's choice, the partition's seed, the part, and what the dataset adds. */
export function splitOfRun(
  split: SplitChoice,
  { columnHashes }: Pick<SplitDataset, "columnHashes">,
  { splitSeed, part }: { splitSeed: number; part: string },
): RunSplit {
  const { reads } = protocolOf(split);
  const columnHash = reads && columnHashes?.[reads];
  return { ...split, splitSeed, part, ...(columnHash !== undefined && { columnHash }) };
}

/** What a person should know of a split before Start, each a sentence. */
export const splitCautions = (dataset: SplitDataset, split: SplitChoice): string[] =>
  protocolOf(split).cautions(dataset, split);

/** Whether repeats of the split test other images; see `ProtocolDeclaration.repeatable`. */
export const isRepeatableSplit = (split: { protocol: string }): boolean => protocolOf(split).repeatable;

/**
 * The images of a run's part. Patients who share an image with equal bytes count as one, except
 * where the table itself places the images: a published split stays as it was published.
 *
 * @throws RadaptError where the dataset is too small for the settings
 */
export function divide(dataset: SplitDataset, split: RunSplit): PartImages {
  const protocol = protocolOf(split);
  const divided = protocol.reads === "split" ? dataset : { ...dataset, images: dataset.images.map(asUnit) };
  return protocol.divide(divided, split, split.splitSeed, split.part);
}

const asUnit = (image: SplitImage): SplitImage =>
  image.group === undefined ? image : { ...image, patient: image.group };

/** n_test / n_train of one part; see `ProtocolDeclaration.overlap`. */
export const overlapOf = (split: SplitChoice, parts: number): number => protocolOf(split).overlap(split, parts);

/** A part in words, e.g. "fold 1 of 5". */
export const partLabel = (split: RunSplit): string => protocolOf(split).partLabel(split.part, split);

/** A part as a table shows it, e.g. "1" under the head "fold". */
export function partTitle(split: RunSplit): { noun: string; title: string } {
  const { noun, title } = protocolOf(split);
  return { noun, title: title(split.part, split) };
}

/** What the parts of a split are called together, e.g. "folds". */
export const partNouns = (split: { protocol: string }): string => `${protocolOf(split).noun}s`;

/** A part in two words, e.g. "fold 1". */
export function partShortLabel(split: RunSplit): string {
  const { noun, title } = partTitle(split);
  return `${noun} ${title}`;
}

const inOrder = new Intl.Collator("en", { numeric: true });

/** Orders names of parts: numbers in them by value, so that "10" comes after "9". */
export const comparePartNames = (a: string, b: string): number => inOrder.compare(a, b);
