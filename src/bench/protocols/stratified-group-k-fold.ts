/**
 * Stratified k-fold cross-validation that never splits a patient. The folds are those of
 * `assignFolds`, the idea of scikit-learn's StratifiedGroupKFold. Parts are named by their test
 * fold, counted from 0.
 */
import { z } from "zod";
import { assert, RadaptError } from "../../base";
import { setting } from "../../base/setting";
import { assignFolds, classCount, dealGroups, groupByPatient, type SplitImage, sortedByName } from "../folds";
import { defineProtocol, type PartImages, type SplitDataset } from "./protocol";

const bounds = "Between 2 and 20 folds.";

const config = z.object({
  folds: setting(z.int(bounds).min(2, bounds).max(20, bounds).default(5), {
    title: "Folds",
    description: "Stratified: every fold holds about the same share of each outcome",
  }),
});

export default defineProtocol({
  id: "stratified-group-k-fold",
  label: "Stratified group k-fold",
  noun: "fold",
  config,
  describe: ({ folds }, grouping) => `${folds} folds ${grouping === "patient" ? "by patient" : "image by image"}`,
  parts: ({ folds }) => Array.from({ length: folds }, (_, fold) => String(fold)),
  title: (part) => String(Number(part) + 1),
  partLabel: (part, { folds }) => `fold ${Number(part) + 1} of ${folds}`,
  divide: (dataset, { folds }, seed, part) => divideByFold(dataset, folds, seed, Number(part)),
  // One fold tests, one validates and k − 2 train; of two folds three quarters of the other train.
  overlap: ({ folds }) => (folds === 2 ? 4 / 3 : 1 / (folds - 2)),
  repeatable: true,
  moreTraining: "more folds",
});

/**
 * The test images are fold f, the validation images fold f + 1 (mod k), the training images all
 * others. With two folds the remaining one is divided, by patient and class, into training and
 * validation images: a quarter for validation where the rarest class allows it.
 *
 * @throws RadaptError `folds.one-class`, `folds.few-patients` (see `assignFolds`) or
 *   `folds.no-validation`
 */
function divideByFold({ images, classes }: SplitDataset, folds: number, seed: number, fold: number): PartImages {
  assert(Number.isInteger(fold) && fold >= 0 && fold < folds, `fold ${fold} outside 0…${folds - 1}`);
  const foldOf = assignFolds(images, { folds, splitSeed: seed, classes });
  const ordered = sortedByName(images);
  const inFold = (wanted: (f: number) => boolean) => ordered.filter(({ patient }) => wanted(foldOf.get(patient)!));
  const test = inFold((f) => f === fold);
  if (folds === 2) {
    const rest = inFold((f) => f !== fold);
    return { ...divideRest(rest, classCount(rest, classes), seed, fold), test };
  }
  const next = (fold + 1) % folds;
  return { train: inFold((f) => f !== fold && f !== next), validation: inFold((f) => f === next), test };
}

/**
 * The remaining one of two folds divided into training and validation images, stratified and by
 * patient.
 */
function divideRest(
  rest: readonly SplitImage[],
  classes: number,
  seed: number,
  fold: number,
): Omit<PartImages, "test"> {
  const groups = groupByPatient(rest, classes);
  const patients = Array.from({ length: classes }, (_, c) => groups.filter(({ counts }) => counts[c] > 0).length);
  const rarest = Math.min(...patients);
  if (rarest < 2) {
    throw new RadaptError("Two folds leave a class without a patient for validation.", {
      code: "folds.no-validation",
      where: `test fold ${fold + 1} of 2`,
      expected: "at least two patients of every class outside the test fold",
      got: `${rarest}`,
      remedy:
        "Add patients of the rarest class, merge it with another class, " +
        "or use 3 folds or more if it has as many patients.",
    });
  }
  const partOf = dealGroups(groups, classes, Math.min(4, rarest), seed, `validation/${fold}`);
  return {
    validation: rest.filter(({ patient }) => partOf.get(patient) === 0),
    train: rest.filter(({ patient }) => partOf.get(patient) !== 0),
  };
}
