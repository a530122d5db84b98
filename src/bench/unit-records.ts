/** Records of images → records of patients, from the stored predictions. */
import { groupBy } from "../base/group-by";
import { computeMetrics } from "./metrics";
import { metricInputOf } from "./pools";
import { withCorrectedMetrics, withCorrectedProbabilities, withKnownCorrection } from "./probabilities/of-record";
import type { Prediction, RunRecord } from "./record";
import type { EvaluationUnit } from "./unit";

const convertedRecords = new WeakMap<RunRecord, Map<EvaluationUnit, RunRecord>>();

/**
 * The records with predictions and metrics of the unit: for a patient one prediction, whose `image`
 * is the patient's id. For images, and where patients are unknown, the records come back as they
 * are. Records are never changed, so each result is computed once.
 */
export function recordsByUnit(records: readonly RunRecord[], unit: EvaluationUnit): RunRecord[] {
  return records.map((record) => {
    if (unit === "image" || record.dataset.grouping !== "patient") return record;
    const known = convertedRecords.get(record) ?? new Map<EvaluationUnit, RunRecord>();
    convertedRecords.set(record, known);
    const converted = known.get(unit) ?? convert(record, unit);
    known.set(unit, converted);
    return converted;
  });
}

/**
 * Decisions go by the combined outputs. Probabilities are corrected image by image and combined
 * then: a correction of the combined outputs would be another number.
 */
function convert(record: RunRecord, unit: EvaluationUnit): RunRecord {
  const predictions = byPatient(record, unit);
  const metrics = computeMetrics(metricInputOf(predictions, record.dataset.classes.length));
  const corrected = byPatient(withCorrectedProbabilities(record), unit);
  return withCorrectedMetrics(withKnownCorrection({ ...record, predictions, metrics }, corrected));
}

function byPatient({ predictions, dataset }: RunRecord, unit: EvaluationUnit): Prediction[] {
  const patients = groupBy(predictions, ({ patient }) => patient);
  return Array.from(patients, ([patient, own]): Prediction => {
    const probabilities = combine(
      own.map((prediction) => prediction.probabilities),
      unit,
    );
    return { image: patient, patient, truth: patientTruth(own, dataset.classes.length), probabilities };
  });
}

/**
 * The class of a patient whose images differ in it: with two classes the positive one, since one
 * image shows it; with more the commonest, and of equally common ones the first.
 */
function patientTruth(images: readonly Prediction[], classes: number): number {
  if (classes === 2) return images.some(({ truth }) => truth === 1) ? 1 : 0;
  const counts = new Array<number>(classes).fill(0);
  for (const { truth } of images) counts[truth]++;
  return counts.indexOf(Math.max(...counts));
}

/**
 * Combines the probabilities of a patient's images.
 *
 * @param images [n][C], each row sums to 1
 * @returns [C] that sum to 1. With two classes the rule applies to class 1; with more, maximum and
 *   noisy-or apply to every class and are divided by their sum.
 */
function combine(images: readonly number[][], unit: EvaluationUnit): number[] {
  const of = (c: number) => {
    const values = images.map((probabilities) => probabilities[c]);
    if (unit === "patient-maximum") return Math.max(...values);
    if (unit === "patient-noisy-or") return 1 - values.reduce((none, p) => none * (1 - p), 1);
    return values.reduce((sum, p) => sum + p, 0) / values.length;
  };
  const { length: classes } = images[0];
  if (classes === 2) return [1 - of(1), of(1)];
  const scores = Array.from({ length: classes }, (_, c) => of(c));
  const sum = scores.reduce((a, b) => a + b, 0);
  return scores.map((score) => score / sum);
}
