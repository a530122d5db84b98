/** Computes a predictor at once from cached features, without steps and without a curve. */
import { eventLoopYielder } from "../base";
import { byBlocks, type FeatureFit, type FeaturePredictor, type LabelledFeatures } from "../engine/heads/feature-fit";
import { type FeatureJob, standardizedFeatures } from "./fit-probe";
import type { Labelled, TrainingOutcome } from "./train";

export interface TrainingFreeJob extends FeatureJob {
  val: Labelled;
  /** [C] class weights of the validation loss. */
  valWeights: readonly number[];
  fit: Extract<FeatureFit, { kind: "training-free" }>["fit"];
}

export interface TrainingFree {
  predictor: FeaturePredictor;
  outcome: TrainingOutcome;
  /** Logits [n, C] of images by name. */
  logits(names: readonly string[]): Promise<Float32Array>;
}

/** @throws the signal's reason when aborted */
export async function fitTrainingFree(job: TrainingFreeJob): Promise<TrainingFree> {
  const { train, val, classes, weights, valWeights, signal } = job;
  const turn = eventLoopYielder(signal);
  const part = ({ names, labels }: Labelled): LabelledFeatures => ({
    features: standardizedFeatures(names, job),
    labels,
  });
  const predictor = await job.fit({
    train: part(train),
    val: val.names.length > 0 ? part(val) : null,
    classes,
    weights,
    valWeights,
    turn,
  });
  return {
    predictor,
    outcome: { curve: [], epochs: 0, bestEpoch: 0, steps: 0, msPerStep: 0 },
    logits: async (names) =>
      Float32Array.from((await byBlocks(standardizedFeatures(names, job), predictor.logits, turn)).data),
  };
}
