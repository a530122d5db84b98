/**
 * The split that a column of the table gives, such as that of MedMNIST+ or of a publication, or the
 * parts of a split file. The test images of a column are tested once, so there is no interval over
 * parts. Images without a side are left out.
 */
import { z } from "zod";
import { RadaptError } from "../../base";
import { setting } from "../../base/setting";
import { classNamesOf, type SplitImage, sortedByName } from "../folds";
import { defineProtocol, type PartImages, type SplitDataset, type SplitFilePart } from "./protocol";
import { divideByShares } from "./shares";
import { validationInWords, validationShare } from "./validation-share";

const config = z.object({
  file: setting(z.string().default(""), {
    title: "Split file",
    description: "A file of `radapt split`, relative to the plan; empty for the split column of the table",
    hidden: true,
  }),
  validationShare: validationShare("the training images, where the column names no validation images"),
});

const sideNames = { train: "training", val: "validation", test: "test" } as const;

export default defineProtocol({
  id: "predefined",
  label: "Predefined split",
  noun: "test set",
  config,
  describe: ({ file, validationShare: share }) =>
    file === ""
      ? `the split of the table; where it has no validation images, ${validationInWords(share, "the training images")}`
      : `the split file ${file.slice(0, 8)}`,
  parts: ({ file }, dataset) => (file === "" ? ["test"] : filePartsOf(file, dataset).map(({ name }) => name)),
  reads: "split",
  check: (dataset, { file }) => {
    if (file === "") return assertSides(dataset);
    for (const { name } of checkedFileParts(file, dataset)) assertSides(sidesOfFile(dataset, file, name));
  },
  cautions: (dataset, { file }) => (file === "" ? sideCautions(dataset) : []),
  title: (part) => (part === "test" ? "1" : part),
  partLabel: (part) => (part === "test" ? "set" : `set ${part}`),
  divide: (dataset, { file, validationShare: share }, seed, part) =>
    file === "" ? divideByColumn(dataset, share, seed) : divideByColumn(sidesOfFile(dataset, file, part), 0, seed),
  // A column is tested once. What a file's parts share only records tell: five folds are assumed.
  overlap: ({ file }) => (file === "" ? 0 : 1 / 3),
  repeatable: false,
  moreTraining: null,
});

const filePartsOf = (file: string, dataset?: SplitDataset) => dataset?.splitFiles?.[file] ?? [];

/** @throws RadaptError `predefined.file` or `predefined.images` */
function checkedFileParts(file: string, dataset: SplitDataset): readonly SplitFilePart[] {
  const parts = filePartsOf(file, dataset);
  if (parts.length === 0) {
    throw new RadaptError("The split file of this plan is not with the dataset.", {
      code: "predefined.file",
      expected: `the split file with the hash ${file}`,
      got: Object.keys(dataset.splitFiles ?? {}).join(", ") || "none",
      remedy: "Name the file in the plan again, or choose another split.",
    });
  }
  const known = new Set(dataset.images.map(({ name }) => name));
  const missing = [
    ...new Set(parts.flatMap(({ train, validation, test }) => [...train, ...validation, ...test])),
  ].filter((name) => !known.has(name));
  if (missing.length === 0) return parts;
  throw new RadaptError("The split file names images that the dataset does not have.", {
    code: "predefined.images",
    where: `split file ${file}`,
    expected: "names of the dataset's images, relative to the opened folder",
    got: `${missing.length} others, such as ${missing.slice(0, 3).join(", ")}`,
    remedy: "Open the same folder as for the split file, or take these names out of it.",
  });
}

/** The dataset with the sides that a part of a split file gives its images. */
function sidesOfFile(dataset: SplitDataset, file: string, part: string): SplitDataset {
  const lists = filePartsOf(file, dataset).find(({ name }) => name === part);
  const sides = new Map<string, SplitImage["split"]>();
  for (const name of lists?.train ?? []) sides.set(name, "train");
  for (const name of lists?.validation ?? []) sides.set(name, "val");
  for (const name of lists?.test ?? []) sides.set(name, "test");
  return { ...dataset, images: dataset.images.map((image) => ({ ...image, split: sides.get(image.name) })) };
}

const onSide = (images: readonly SplitImage[], side: SplitImage["split"]) =>
  sortedByName(images.filter(({ split }) => split === side));

function divideByColumn({ images, classes }: SplitDataset, share: number, seed: number): PartImages {
  const [train, validation, test] = (["train", "val", "test"] as const).map((side) => onSide(images, side));
  if (validation.length > 0) return { train, validation, test };
  const [rest, drawn] = divideByShares({
    images: train,
    classNames: classNamesOf(images, classes),
    shares: [1 - share, share],
    seed,
    stream: "predefined",
    where: "the training images of the split",
  });
  return { train: rest, validation: drawn, test };
}

/** @throws RadaptError `predefined.none`, `.side`, `.class` or `.patients` */
function assertSides(dataset: SplitDataset): void {
  const { images } = dataset;
  if (images.every(({ split }) => split === undefined)) {
    throw new RadaptError("The dataset has no split of its own.", {
      code: "predefined.none",
      expected: "a column with words such as train, val and test",
      remedy:
        "Import the table again and choose its split column under “More columns”, " +
        'or name it in a plan file: "split" among the columns.',
    });
  }
  for (const side of ["train", "test"] as const) {
    if (images.some(({ split }) => split === side)) continue;
    throw new RadaptError(`The split has no ${sideNames[side]} images.`, {
      code: "predefined.side",
      expected: "words for training and for test, such as train and test",
      got: `only ${[...new Set(images.flatMap(({ split }) => (split ? sideNames[split] : [])))].join(" and ")}`,
      remedy: "Correct the split column and import the table again, or choose another split.",
    });
  }
  const train = new Set(onSide(images, "train").map(({ label }) => label));
  const lacking = classNamesOf(images, dataset.classes).find((_, c) => !train.has(c));
  if (lacking !== undefined) {
    throw new RadaptError(`The split has no training image of "${lacking}".`, {
      code: "predefined.class",
      expected: "training images of every class",
      remedy: "Correct the split column, merge the class with another one, or choose another split.",
    });
  }
  checkPatients(images);
}

function checkPatients(images: readonly SplitImage[]): void {
  const sides = new Map<string, Set<keyof typeof sideNames>>();
  for (const { patient, split } of images)
    if (split !== undefined) sides.set(patient, (sides.get(patient) ?? new Set()).add(split));
  const torn = [...sides].filter(([, own]) => own.size > 1).sort(([a], [b]) => (a < b ? -1 : 1));
  if (torn.length === 0) return;
  const named = torn
    .slice(0, 5)
    .map(([patient, own]) => `${patient} (${[...own].map((side) => sideNames[side]).join(" and ")})`);
  throw new RadaptError("The split places images of one patient on two sides.", {
    code: "predefined.patients",
    expected: "every patient on one side",
    got: `${torn.length} on two: ${named.join(", ")}${torn.length > 5 ? ", …" : ""}`,
    remedy:
      "Move these patients to one side in the table and import it again, or choose a split by patient, such as k-fold.",
  });
}

function sideCautions(dataset: SplitDataset): string[] {
  const { images } = dataset;
  const test = new Set(onSide(images, "test").map(({ label }) => label));
  const lacking = classNamesOf(images, dataset.classes).filter((_, c) => !test.has(c));
  const without = images.filter(({ split }) => split === undefined).length;
  return [
    ...lacking.map((name) => `No test image is of “${name}”: metrics that need every class are undefined.`),
    ...(without > 0 && without < images.length
      ? [`${without} of ${images.length} images have no side in the split: they are left out.`]
      : []),
  ];
}
