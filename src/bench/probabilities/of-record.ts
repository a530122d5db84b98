/**
 * The probabilities of a record, corrected for the class shares that training showed to the model.
 * Decisions stay those of the model's own output at 0.5: class weights are there to move decisions
 * towards the rare class, and MCC, sensitivity and the like mean these decisions. Metrics of the
 * order (ROC-AUC, PR-AUC) do not change within a record.
 */
import { fitOf, methodIds } from "../../engine/adapters";
import { DEFAULT_LOSS, lossDef } from "../../engine/losses";
import { computeMetrics, metricOf } from "../metrics";
import { metricInputOf } from "../pools";
import type { Prediction, RunRecord } from "../record";
import { type FitOutcome, fitted, undetermined } from "./fit";
import { type ClassBalance, correctPrior, sumToOne, trainedShares } from "./prior-correction";

type CorrectedRecord = Pick<RunRecord, "config" | "trainCounts" | "dataset">;

export interface ClassShares {
  /** [C] shares that training showed to the model. */
  trained: number[];
  /** [C] shares of the whole training part, which stand for those of new patients. */
  data: number[];
}

/**
 * The class shares between which a record's probabilities are corrected, or a sentence that says
 * why its output is a score and no probability.
 */
export function classShares({ config, trainCounts, dataset }: CorrectedRecord): FitOutcome<ClassShares> {
  const { training, method } = config;
  if (!trainCounts)
    return undetermined("An earlier version of Radapt computed these runs and kept too little to correct them.");
  if (!methodIds.includes(method.id)) return undetermined(`This version of Radapt has no method “${method.id}”.`);
  const fit = fitOf(method);
  if (fit?.kind === "training-free")
    return undetermined("This method compares images with training images and fits no probabilities.");
  const absent = trainCounts.used.indexOf(0);
  if (absent >= 0) return undetermined(`No training image was “${dataset.classes[absent]}”.`);
  const distortion = fit ? null : distortionOf(training);
  if (distortion) return undetermined(distortion);
  return fitted({
    trained: trainedShares(trainCounts.used, balanceOf(training, fit !== null)),
    data: sumToOne(trainCounts.part),
  });
}

/** Records may lack the settings that are younger than they are. */
type TrainingChoices = Partial<RunRecord["config"]["training"]>;

/** What makes the output something other than a probability, beside class shares. */
function distortionOf({ loss = DEFAULT_LOSS, labelSmoothing = 0, mixup = 0 }: TrainingChoices): string | null {
  const { label, distortsProbabilities } = lossDef(loss);
  if (distortsProbabilities) return `The ${label.toLowerCase()} loss does not fit probabilities.`;
  if (labelSmoothing > 0) return "Label smoothing makes the outputs less sure than they should be.";
  if (mixup > 0) return "Mixup trains on mixed images, so that the outputs fit no real ones.";
  return null;
}

/** A head that is solved for on features goes by class weights alone. */
function balanceOf(training: TrainingChoices, isSolved: boolean): ClassBalance {
  const { classWeights = "none", effectiveBeta = 0.999, sampling = "shuffle", loss, logitTau = 1 } = training;
  if (isSolved) return { classWeights, effectiveBeta, sampling: "shuffle", logitTau: 0 };
  return { classWeights, effectiveBeta, sampling, logitTau: loss === "logit-adjusted" ? logitTau : 0 };
}

/** Corrected records by the stored ones, since tables and charts ask for them again and again. */
const correctedRecords = new WeakMap<RunRecord, RunRecord>();

/**
 * The record with corrected probabilities, and with the metrics that read them (Brier score, log
 * loss, ECE) computed anew. A record that needs no correction, or whose output is a score, comes
 * back as it is. The same record gives the same object.
 */
export function withCorrectedProbabilities(record: RunRecord): RunRecord {
  const corrected = correctedRecords.get(record) ?? correct(record);
  correctedRecords.set(record, corrected);
  return corrected;
}

/** A derived record, e.g. one prediction per patient, with predictions corrected before. */
export function withKnownCorrection(record: RunRecord, corrected: Prediction[]): RunRecord {
  correctedRecords.set(record, withPredictions(record, corrected));
  return record;
}

function correct(record: RunRecord): RunRecord {
  const { result } = classShares(record);
  if (!result || result.trained.every((share, c) => share === result.data[c])) return record;
  return withPredictions(
    record,
    record.predictions.map((prediction) => ({
      ...prediction,
      probabilities: correctPrior(prediction.probabilities, result.trained, result.data),
    })),
  );
}

/** The record with other predictions, and those of its metrics that read probabilities anew. */
function withPredictions(record: RunRecord, predictions: Prediction[]): RunRecord {
  const anew = Object.entries(computeMetrics(metricInputOf(predictions, record.dataset.classes.length)));
  const read = anew.filter(([id]) => id in record.metrics && metricOf(id).ofProbabilities);
  return { ...record, predictions, metrics: { ...record.metrics, ...Object.fromEntries(read) } };
}

/** The record with corrected metrics and with its predictions as the model made them. */
export function withCorrectedMetrics(record: RunRecord): RunRecord {
  const corrected = withCorrectedProbabilities(record);
  if (corrected === record) return record;
  const own = { ...record, metrics: corrected.metrics };
  correctedRecords.set(own, corrected);
  return own;
}
