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
  /** Device memory of trainers kept between runs, bytes. */
  trainers: number;
  /**
   * Device memory that one trainer should stay within, bytes. Beyond it the backward pass
   * recomputes activations; where that is not enough a step splits its batch into micro-batches.
   */
  trainer: number;
}

export const defaultBudgets: Budgets = { images: 256 * 2 ** 20, encoded: 2 ** 30, trainers: 2 ** 30, trainer: 2 ** 31 };

export interface PlanJob {
  runs: readonly IdentifiedRun[];
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
