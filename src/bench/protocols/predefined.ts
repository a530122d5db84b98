/**
 * The split that a column of the table gives, such as that of MedMNIST+ or of a publication. Its
 * images are tested once, so there is no interval over parts. Images without a side are left out.
 */
import { z } from "zod";
import { RadaptError } from "../../base";
import { classNamesOf, type SplitImage, sortedByName } from "../folds";
import { defineProtocol, type PartImages, type SplitDataset } from "./protocol";
import { divideByShares } from "./shares";
import { validationInWords, validationShare } from "./validation-share";

const config = z.object({
  validationShare: validationShare("the training images, where the column names no validation images"),
});

const sideNames = { train: "training", val: "validation", test: "test" } as const;

export default defineProtocol({
  id: "predefined",
  label: "Predefined split",
  noun: "test set",
  config,
  describe: ({ validationShare: share }) =>
    `the split of the table; where it has no validation images, ${validationInWords(share, "the training images")}`,
  parts: () => ["test"],
  reads: "split",
  check,
  cautions,
  title: () => "1",
  partLabel: () => "set",
  divide: (dataset, { validationShare: share }, seed) => divideByColumn(dataset, share, seed),
  overlap: () => 0,
  repeatable: false,
  moreTraining: null,
});

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

/** @throws RadaptError `predefined.none`, `predefined.side`, `predefined.class` or `predefined.patients` */
function check(dataset: SplitDataset): void {
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

function cautions(dataset: SplitDataset): string[] {
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
