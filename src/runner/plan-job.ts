/**
 * What a plan's runs are computed with. Stores, device, clock and decoder are given, in the browser
 * as in Node.
 */
import type { RunRecord } from "../bench/record";
import type { FeatureRuntime } from "../models/ort";
import type { DatasetSource, FeatureStore, RecordStore } from "../storage/types";
import type { BackboneSource } from "./backbone-session";
import type { OpenDevice } from "./devices";
import type { TrainingEngine } from "./engine";
import type { Clock, RunEvent } from "./events";
import type { Decode } from "./images";
import type { IdentifiedRun } from "./resolve";
import type { KeepAdapter } from "./run-context";

export interface Budgets {
  /** Preprocessed images kept in memory per backbone, bytes. */
  images: number;
  /** Outputs of the frozen part kept in memory per trainer, bytes. */
  encoded: number;
  /**
   * Device memory that one trainer should stay within, bytes. Beyond it the backward pass
   * recomputes activations; where that is not enough a step splits its batch into micro-batches.
   */
  perTrainer: number;
  /**
   * Device memory up to which the trainers of earlier runs stay beside the one in use, all
   * together, bytes. They only save compilation, so the default is less than `perTrainer`: a large
   * trainer has the device for itself, and only small ones share it.
   */
  trainerPool: number;
}

export const defaultBudgets: Budgets = {
  images: 256 * 2 ** 20,
  encoded: 2 ** 30,
  perTrainer: 2 ** 31,
  trainerPool: 2 ** 30,
};

export interface PlanJob {
  runs: readonly IdentifiedRun[];
  /** The shortcut audit, computed after the runs. It does not count as part of them. */
  audit?: readonly IdentifiedRun[];
  dataset: DatasetSource;
  backbones: readonly BackboneSource[];
  records: RecordStore;
  features: FeatureStore;
  engine: TrainingEngine;
  runtime: FeatureRuntime;
  openDevice: OpenDevice;
  decode: Decode;
  clock: Clock;
  environment: Omit<RunRecord["environment"], "device" | "featureRuntime">;
  budgets?: Budgets;
  signal?: AbortSignal;
  onEvent?: (event: RunEvent) => void;
  /** Called for each run that is computed, before its record is stored. */
  keepAdapter?: KeepAdapter;
}
