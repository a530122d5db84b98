/**
 * The unit of evaluation: what one prediction of a table or curve is about, an image or a patient.
 *
 * A run predicts images. Where a patient has several, a figure per image answers "how good is the
 * model on one image", and counts a patient with many images many times. A figure per patient
 * answers "how good is one decision per patient". Both come from the stored predictions, so the
 * choice changes no run.
 */
import { z } from "zod";
import { groupBy } from "../base/group-by";

const unitWords = {
  image: "each image by itself",
  "patient-mean": "each patient by the mean of the images' probabilities",
  "patient-maximum": "each patient by the highest probability of an image",
  "patient-noisy-or":
    "each patient by noisy-or: the probability that one image at least is positive, were they independent",
} as const;

export type EvaluationUnit = keyof typeof unitWords;

/** Every unit, the default first. */
export const evaluationUnits = Object.keys(unitWords) as [EvaluationUnit, ...EvaluationUnit[]];

export const unitSchema = z
  .enum(evaluationUnits)
  .describe(
    `What the figures are about: ${evaluationUnits.map((id) => `${id}: ${unitWords[id]}`).join("; ")}. ` +
      "Default image. No run depends on it",
  );

/** The unit of a plan; plans of earlier versions name none and mean images. */
export const planUnit = ({ unit }: { unit?: EvaluationUnit }): EvaluationUnit => unit ?? "image";

/** The unit in words, e.g. "each patient by the mean of the images' probabilities". */
export const unitInWords = (unit: EvaluationUnit): string => unitWords[unit];

/** The other figure that stands beside the chosen one: a mean per patient, or per image. */
export const otherUnit = (unit: EvaluationUnit): EvaluationUnit => (unit === "image" ? "patient-mean" : "image");

/** What of an image decides about the unit. A `Prediction` and a dataset's image fit. */
interface UnitImage {
  patient: string;
}

/** True if some patient has several images, so that image and patient differ as units. */
export function hasSeveralImages(images: readonly UnitImage[]): boolean {
  return new Set(images.map(({ patient }) => patient)).size < images.length;
}

/**
 * The unit that suits a dataset. Where patients have several images and one outcome each, the
 * outcome is the patient's, so one decision per patient is what counts. Where the images of a
 * patient have outcomes of their own, the image is the case.
 */
export function suggestedUnit(images: readonly (UnitImage & { label: number })[]): EvaluationUnit {
  if (!hasSeveralImages(images)) return "image";
  const outcomes = groupBy(images, ({ patient }) => patient);
  return [...outcomes.values()].every((own) => own.every(({ label }) => label === own[0].label))
    ? "patient-mean"
    : "image";
}

interface TruthOfImage extends UnitImage {
  truth: number;
}

/** Number of patients whose images differ in their class. */
export function mixedPatients(records: readonly { predictions: readonly TruthOfImage[] }[]): number {
  const truths = new Map<string, number>();
  const mixed = new Set<string>();
  for (const { predictions } of records)
    for (const { patient, truth } of predictions) {
      if ((truths.get(patient) ?? truth) !== truth) mixed.add(patient);
      truths.set(patient, truth);
    }
  return mixed.size;
}

/** What counts for patients whose images differ in class, as a sentence; empty without any. */
export function mixedSentence(mixed: number, classes: readonly string[]): string {
  if (mixed === 0) return "";
  const have = mixed === 1 ? "1 patient has" : `${mixed} patients have`;
  const as = classes.length === 2 ? `as “${classes[1]}”` : "by the commonest class of the images";
  return `${have} images of different classes, which count ${as}.`;
}
