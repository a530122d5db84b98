/**
 * Cross-validation folds within the training images. They choose a setting where there are no
 * validation images.
 */
import { classCount, dealGroups, groupByPatient, type SplitImage, sortedByName } from "./folds";

export interface InnerFold {
  /** In order of name. */
  train: SplitImage[];
  held: SplitImage[];
}

/** scikit-learn's default number of folds. */
const MAX_FOLDS = 5;

/**
 * Makes stratified folds that never split a patient: five, or as many as the rarest class has
 * patients. The seed decides the folds.
 *
 * @returns no folds where there are no images, where a class has a single patient, or where a
 *   training part would lack a class (possible when patients have images of several classes)
 */
export function innerFolds(images: readonly SplitImage[], seed: number): InnerFold[] {
  if (images.length === 0) return [];
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
