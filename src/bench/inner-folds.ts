/**
 * Folds within the training images: a setting is chosen by them where no images are held out for
 * validation.
 */
import { classCount, dealGroups, groupByPatient, type SplitImage, sortedByName } from "./folds";

export interface InnerFold {
  /** In order of name. */
  train: SplitImage[];
  held: SplitImage[];
}

/** As scikit-learn's default for cross-validation. */
const MAX_FOLDS = 5;

/**
 * Stratified folds that never split a patient: five, or as many as the rarest class has patients.
 * Deterministic by seed. Empty where a class has a single patient, or where patients of several
 * classes leave a training part without one.
 */
export function innerFolds(images: readonly SplitImage[], seed: number): InnerFold[] {
  const classes = classCount(images);
  const groups = groupByPatient(images, classes);
  const patients = Array.from({ length: classes }, (_, c) => groups.filter(({ counts }) => counts[c] > 0).length);
  const count = Math.min(MAX_FOLDS, ...patients.filter((n) => n > 0));
  if (count < 2) return [];
  const foldOf = dealGroups(groups, classes, count, seed, "inner-folds");
  const ordered = sortedByName(images);
  const folds = Array.from({ length: count }, (_, fold) => ({
    train: ordered.filter(({ patient }) => foldOf.get(patient) !== fold),
    held: ordered.filter(({ patient }) => foldOf.get(patient) === fold),
  }));
  const isWhole = ({ train }: InnerFold) => patients.every((n, c) => n === 0 || train.some(({ label }) => label === c));
  return folds.every(isWhole) ? folds : [];
}
