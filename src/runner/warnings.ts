/** Warnings of a record: what its reader should know of how the run went. */
import { groupingCautions, trainingCautions } from "../bench/cautions";
import type { Split } from "../bench/split";
import type { Training } from "../bench/training";
import type { DatasetRow } from "../data/types";
import type { FeaturePredictor } from "../engine/heads/feature-fit";
import { DEFAULT_LOSS } from "../engine/losses";
import { augments } from "./augment";
import type { Probe } from "./fit-probe";
import { mixesImages, type TrainingJob, type TrainingOutcome } from "./train";

/** Warnings of a run that trained in steps. */
export function warningsOf(row: DatasetRow, { val }: Split, job: TrainingJob, outcome: TrainingOutcome): string[] {
  const { training } = job;
  const warnings = [...trainingCautions(training), ...groupingCautions(row)];
  if (val.length === 0 && training.patience > 0) warnings.push("No validation images: training did not stop early.");
  else if (new Set(job.val.labels).size < row.classes.length && training.patience > 0)
    warnings.push("The validation images lack a class: early stopping went by the others alone.");
  if (val.length === 0 && training.headLrs.length > 0)
    warnings.push(`No validation images to choose the head learning rate by: trained with ${training.headLr}.`);
  const { overflows = 0, steps } = outcome;
  if (overflows > 0)
    warnings.push(`${overflows} of ${steps} steps overflowed in half precision (f16) and changed nothing.`);
  if (training.mixup > 0 && !mixesImages(job))
    warnings.push("The method trains on features computed once: they were not mixed (mixup).");
  if (augments(training) && !job.augment)
    warnings.push("The method trains on features computed once: its images were not augmented.");
  return warnings;
}

/**
 * Warnings of a run on cached features.
 *
 * @param subject of the sentence, e.g. "The probe is solved"
 */
function featureWarnings(row: DatasetRow, training: Training, subject: string): string[] {
  const warnings = groupingCautions(row);
  const { loss, labelSmoothing, sampling, headLrs, mixup } = training;
  const steps = loss !== DEFAULT_LOSS || labelSmoothing > 0 || sampling !== "shuffle" || headLrs.length > 0;
  if (steps || mixup > 0 || augments(training))
    warnings.push(
      `${subject} on features computed once: other losses, smoothing, sampling, mixup, augmentation and ` +
        "head rates do not enter it.",
    );
  return warnings;
}

/** Warnings of a run whose head was solved for. */
export function probeWarnings(
  row: DatasetRow,
  { val }: Split,
  training: Training,
  { converged, search, penalty }: Probe,
): string[] {
  const warnings = featureWarnings(row, training, "The probe is solved");
  if (search && !penalty)
    warnings.push(
      "No validation images to choose C by, and a class with too few patients for folds of the training images: " +
        "the probe took the C of its settings.",
    );
  else if (search && val.length === 0)
    warnings.push("No validation images: the probe's C was chosen by cross-validation within the training images.");
  if (!converged) warnings.push("The probe stopped before it reached the optimum to full precision.");
  return warnings;
}

/** Warnings of a run whose predictor was computed at once. */
export function trainingFreeWarnings(row: DatasetRow, training: Training, { warnings }: FeaturePredictor): string[] {
  const own = featureWarnings(row, training, "The method works");
  if (training.headL2 > 0) own.push("Nothing is trained: the L2 penalty on the head does not enter.");
  return [...own, ...warnings];
}
