/**
 * What a run was and what came of it. A record is self-sufficient: every table and chart is drawn
 * from records alone. A run's id is the hash of its `RunConfig`: the same configuration is never
 * computed twice.
 */
import type { Preprocessing } from "../models/types";
import type { Regime } from "./plan";
import type { RunSplit } from "./protocols";
import type { Training } from "./training";

export interface RunConfig {
  /**
   * Version of what a run computes: raised when the same configuration would give other numbers.
   */
  protocol: 1;
  /** SHA-256 of the dataset's content: image hashes, labels, patients. */
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
  /** Which part of which split is tested. */
  split: RunSplit;
  /** Seeds initial values, shuffling and the k-shot draw. */
  seed: number;
}

export interface Prediction {
  /** Image id (its name in the dataset). */
  image: string;
  patient: string;
  /** Index into `classes`. */
  truth: number;
  /** [C], sums to 1. */
  probabilities: number[];
}

export interface EpochPoint {
  epoch: number;
  trainLoss: number;
  /** NaN (null in JSON) when there is no validation set. */
  valLoss: number | null;
  /** Matthews correlation coefficient on the validation set. */
  valMcc: number | null;
}

export interface RunRecord {
  /** Version of the record's shape; `migrateRecord` reads earlier ones. */
  schema: 2;
  id: string;
  config: RunConfig;
  /** Names for people; nothing is computed from them. */
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
  /** Numbers that training changes: 0 where nothing is trained. */
  trainableParameters: number;
  /** Of backbone, adapter and head, or of what stands in the head's place. */
  totalParameters: number;
  /** These are 0 where nothing is trained. */
  epochs: number;
  bestEpoch: number;
  steps: number;
  /** Median wall time of a step, ms. */
  msPerStep: number;
  /**
   * Images that passed at a time, where a step took several passes: asked for, or chosen to fit the
   * memory.
   */
  microBatch?: number;
  wallMs: number;
  /** Empty where nothing is trained. */
  curve: EpochPoint[];
  /**
   * Where the head's learning rate was chosen by the validation loss; epochs, steps and curve are
   * those of the chosen one.
   */
  headRates?: {
    chosen: number;
    /** In the order of trying; null where training diverged. */
    candidates: { headLr: number; valLoss: number | null }[];
  };
  /** Where the penalty of a probe was chosen by the validation loss: scikit-learn's C. */
  penalty?: {
    chosen: number;
    /**
     * Folds of the cross-validation within the training images whose loss it was, where there were
     * no validation images.
     */
    innerFolds?: number;
    /** From strong to weak, up to where the loss had risen far. */
    candidates: { C: number; valLoss: number }[];
  };
  /**
   * Where settings of a method without steps were chosen by the validation loss: each choice in its
   * turn.
   */
  choices?: {
    chosen: Record<string, number>;
    /** In the order of trying. */
    candidates: { settings: Record<string, number>; valLoss: number }[];
  }[];
  /**
   * Numbers that a method without training keeps to predict with: its training images' features, or
   * their means.
   */
  storedNumbers?: number;
  predictions: Prediction[];
  /** Metric id → value on the test fold; NaN (null in JSON) where undefined. */
  metrics: Record<string, number | null>;
  environment: { radapt: string; device: string; featureRuntime: string; host: string };
  warnings: string[];
  finishedAt: string;
}
