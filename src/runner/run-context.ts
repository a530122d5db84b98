/** What one run works with: data, backbone, trainers, stores and clock, all given from outside. */
import type { RunRecord } from "../bench/record";
import type { NamedTensor, TrainerOptions } from "../engine/types";
import type { DatasetSource, FeatureStore } from "../storage/types";
import type { BackboneSession } from "./backbone-session";
import type { Clock, RunEvent } from "./events";
import type { ImageLoader } from "./images";
import type { IdentifiedRun } from "./resolve";
import type { TrainerPool } from "./trainer-pool";

/** What a run learnt, and what it belongs to. */
export interface Learnt {
  run: IdentifiedRun;
  /** Class names in order of their labels. */
  classes: readonly string[];
  backbone: Pick<TrainerOptions, "model" | "imageSize" | "feature">;
  /** Count of numbers in all tensors. */
  parameters: number;
  /**
   * Reads the trainables from the device, under PEFT's names. Empty where the predictor is not a
   * linear head.
   */
  tensors(): Promise<NamedTensor[]>;
}

export type KeepAdapter = (learnt: Learnt) => Promise<void>;

export interface RunContext {
  dataset: DatasetSource;
  backbone: BackboneSession;
  loader: ImageLoader;
  features: FeatureStore;
  trainers: TrainerPool;
  clock: Clock;
  environment: RunRecord["environment"];
  signal?: AbortSignal;
  onEvent?: (event: RunEvent) => void;
  keepAdapter?: KeepAdapter;
}
