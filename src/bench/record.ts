/**
 * A record says what one run was and what it produced. It is self-sufficient: the app draws every
 * table and chart from records alone. A run's id is the hash of its `RunConfig`, so that Radapt
 * never computes the same configuration twice.
 */
import type { Preprocessing } from "../models/types";
import type { RunSplit } from "./protocols";
import type { Regime } from "./regime";
import type { Training } from "./training";

export interface RunConfig {
  /** Version of the computation. Raise it when the same configuration gives other numbers. */
  protocol: 1;
  /** SHA-256 of the dataset's content: image hashes, labels and patients. */
  dataset: string;
  backbone: {
    sha256: string;
    preprocessing: Preprocessing;
    feature: string;
    /** Corrections of the layers' roles; absent where there are none. */
    roles?: Record<string, string>;
  };
  method: { id: string; config: Record<string, unknown> };
  training: Training;
  regime: Regime;
  /** The split, and the part of it that this run tests on. */
  split: RunSplit;
  /** Seeds initial values, shuffling and the k-shot draw. */
  seed: number;
}

export interface Prediction {
  /** The image's name in the dataset. */
  image: string;
  patient: string;
  /** Index into `classes`. */
  truth: number;
  /**
   * [C], sums to 1: the output of the trained model. Class weights and balanced sampling shift it;
   * `probabilities/prior-correction.ts` says how.
   */
  probabilities: number[];
}

export interface EpochPoint {
  epoch: number;
  trainLoss: number;
  /** Null when there is no validation set. */
  valLoss: number | null;
  /** Matthews correlation coefficient on the validation set, in [−1, 1]. */
  valMcc: number | null;
}

export interface RunRecord {
  /** Version of this schema. `migrateRecord` reads earlier ones. */
  schema: 2;
  id: string;
  config: RunConfig;
  /** Names for display. No computation uses them. */
  labels: { dataset: string; backbone: string; method: string };
  dataset: {
    images: number;
    patients: number;
    /** Class names; index 1 is the positive class of a two-class outcome. */
    classes: string[];
    /** Share of each class over all images. */
    prevalence: number[];
    synthetic: boolean;
    grouping: "patient" | "image";
  };
  split: { train: string[]; val: string[]; test: string[] };
  /**
   * [C] numbers of training images: of those that the run trained on, and of the whole training
   * part, from which a k-shot run draws. The prior correction of the probabilities needs them.
   * Absent in records of earlier versions.
   */
  trainCounts?: { used: number[]; part: number[] };
  /** Trainable scalars; 0 where nothing is trained. */
  trainableParameters: number;
  /** Scalars of backbone, adapter and head (or of the predictor in the head's place). */
  totalParameters: number;
  /** `epochs`, `bestEpoch` and `steps` are 0 where nothing is trained. */
  epochs: number;
  bestEpoch: number;
  steps: number;
  /** Median wall time of a step, ms. */
  msPerStep: number;
  /**
   * Images per micro-batch where a step accumulated gradients over several of them. The plan gave
   * this number, or Radapt chose it to fit the memory.
   */
  microBatch?: number;
  wallMs: number;
  /** Empty where nothing is trained. */
  curve: EpochPoint[];
  /**
   * Present where the validation loss chose the head's learning rate. Epochs, steps and curve are
   * those of the chosen rate.
   */
  headRates?: {
    chosen: number;
    /** In the order of the trials; the loss is null where training diverged. */
    candidates: { headLr: number; valLoss: number | null }[];
  };
  /** Present where the validation loss chose the penalty of a linear probe: scikit-learn's C. */
  penalty?: {
    chosen: number;
    /**
     * Number of folds of the cross-validation within the training images. Present where there were
     * no validation images, so that this cross-validation gave the loss.
     */
    innerFolds?: number;
    /** From strong to weak penalty. The search stops where the loss has risen far. */
    candidates: { C: number; valLoss: number }[];
  };
  /**
   * Present where the validation loss chose settings of a method without training steps: one entry
   * per choice, in order.
   */
  choices?: {
    chosen: Record<string, number>;
    /** In the order of the trials. */
    candidates: { settings: Record<string, number>; valLoss: number }[];
  }[];
  /**
   * Scalars that a method without training stores to predict with: the features of its training
   * images, or the class means.
   */
  storedNumbers?: number;
  predictions: Prediction[];
  /**
   * What the learnt model predicts of the validation images, in the order of `split.val`. Absent
   * without validation images, and in records of earlier versions.
   */
  validationPredictions?: {
    /** [n] index into `classes`. */
    truth: number[];
    /** [n][C] with 7 significant digits. */
    probabilities: number[][];
  };
  /** Metric id → value on the test images; null where undefined. */
  metrics: Record<string, number | null>;
  environment: { radapt: string; device: string; featureRuntime: string; host: string };
  warnings: string[];
  finishedAt: string;
}
