/**
 * A split as a file: the names of the images of each part, so that others test on the same images,
 * or so that a published split is used here. A hash tells whether somebody changed the lists.
 */
import { z } from "zod";
import { configHash, RadaptError } from "../base";
import type { ResolvedDataset } from "./expand";
import { type Plan, planSplit, planSplitSeeds } from "./plan";
import { describeSplit, divide, partShortLabel, partsOf, splitOfRun } from "./protocols";
import type { Grouping, SplitFilePart } from "./protocols/protocol";

const imageNames = z.array(z.string());

const splitFileSchema = z.strictObject({
  format: z.literal("radapt-split"),
  version: z.literal(1),
  /** The dataset that was split, for people; images are found by name. */
  dataset: z.strictObject({ name: z.string(), fingerprint: z.string() }),
  /** The split in words. */
  split: z.string(),
  parts: z
    .array(z.strictObject({ name: z.string(), train: imageNames, validation: imageNames, test: imageNames }))
    .min(1),
  /** Of `parts`: the first 20 hex digits of the SHA-256 of their canonical JSON. */
  hash: z.string(),
});

export type SplitFile = z.infer<typeof splitFileSchema>;

const hashOf = (parts: readonly SplitFilePart[]): Promise<string> => configHash(parts);

/**
 * The split of a plan, all parts of all repeats.
 *
 * @throws RadaptError of the protocol
 */
export async function splitFileOf(
  plan: Pick<Plan, "split" | "folds" | "splitSeed" | "repeats">,
  dataset: ResolvedDataset,
  grouping: Grouping,
): Promise<SplitFile> {
  const choice = planSplit(plan);
  const seeds = planSplitSeeds(plan);
  const namesOf = (images: readonly { name: string }[]) => images.map(({ name }) => name);
  const parts = seeds.flatMap((splitSeed, repeat) =>
    partsOf(choice, dataset).map((part): SplitFilePart => {
      const split = splitOfRun(choice, dataset, { splitSeed, part });
      const { train, validation, test } = divide(dataset, split);
      const name = seeds.length > 1 ? `repeat ${repeat + 1}, ${partShortLabel(split)}` : partShortLabel(split);
      return { name, train: namesOf(train), validation: namesOf(validation), test: namesOf(test) };
    }),
  );
  return {
    format: "radapt-split",
    version: 1,
    dataset: { name: dataset.name, fingerprint: dataset.fingerprint },
    split: describeSplit(choice, grouping),
    parts,
    hash: await hashOf(parts),
  };
}

/**
 * Checks a split file that was read.
 *
 * @param where names the file in messages
 * @throws RadaptError `split-file.format` or `split-file.hash`
 */
export async function parseSplitFile(json: unknown, where: string): Promise<SplitFile> {
  const { data: file, error } = splitFileSchema.safeParse(json);
  if (!file) {
    const [{ path, message }] = error.issues;
    throw new RadaptError("This is no split file that Radapt reads.", {
      code: "split-file.format",
      where,
      expected: "a JSON object as `radapt split` writes it",
      got: `${z.core.toDotPath(path) || "the file"}: ${message}`,
      remedy: "Choose a file that Radapt has written, or write one in its format; see docs/command-line.md.",
    });
  }
  const hash = await hashOf(file.parts);
  if (hash === file.hash) return file;
  throw new RadaptError("The lists of this split file do not belong to its hash.", {
    code: "split-file.hash",
    where,
    expected: file.hash,
    got: hash,
    remedy: `Take the file as it was published, or set "hash" to ${hash} if you changed the lists yourself.`,
  });
}
