/**
 * The one typed interface between the page and the worker that holds the engine (comlink). The page
 * reads stored datasets, backbones, plans and records itself through src/storage; whatever computes
 * is here.
 */
import type { ErrorDetails } from "../base";
import type { OnProgress } from "../base/progress";
import type { Plan } from "../bench/plan";
import type { DatasetRow, ImportReport, ImportRequest, NamedFile, TablePreview } from "../data/types";
import type { DeviceInfo, ModelInfo } from "../engine/types";
import type { BackboneRow } from "../models/types";
import type { BackboneCheck, BackboneRequest } from "../runner/add-backbone";
import type { AugmentationPreview, AugmentationPreviewRequest } from "../runner/augment-preview";
import type { TrainerEstimate } from "../runner/estimate-plan";
import type { RunEvent } from "../runner/events";
import type { ProfileReport } from "../runner/profile-report";
import type { SelfTestReport } from "../runner/self-test-report";

export type { OnProgress, Progress } from "../base/progress";
export type { ImportRequest, NamedFile, TablePreview } from "../data/types";
export type { BackboneCheck, BackboneRequest } from "../runner/add-backbone";
export type { AugmentationPreview, AugmentationPreviewRequest } from "../runner/augment-preview";
export type { Estimated, TrainerEstimate } from "../runner/estimate-plan";
export type { RunEvent } from "../runner/events";
export type { ProfileReport } from "../runner/profile-report";
export type { SelfTestReport } from "../runner/self-test-report";
export type { StoredPlan } from "../storage/types";

/** What a person may train on: the fastest there is, the WebGPU adapter, or the processor. */
export const deviceChoices = ["auto", "webgpu", "wasm"] as const;
export type DeviceChoice = (typeof deviceChoices)[number];

export interface Environment {
  /** What trains: the WebGPU adapter, or the processor where there is none or it was chosen. */
  device: DeviceInfo;
  /** What was chosen, on this machine. */
  choice: DeviceChoice;
  /**
   * The WebGPU adapter's name, and whether it is software; or null with the reason and the remedy.
   */
  adapter: { label: string; software: boolean } | null;
  deviceError: ErrorDetails | null;
  /**
   * Runtime that computes the frozen backbone's features, e.g. "onnxruntime-web 1.30.0 (wasm, 4
   * threads)".
   */
  featureRuntime: string;
  crossOriginIsolated: boolean;
  version: string;
}

export interface ImportResult {
  dataset: DatasetRow;
  report: ImportReport;
}

/** What may be downloaded of a run: the adapter as PEFT keeps it, or the adapted model as ONNX. */
export type DownloadKind = "adapter" | "model";

export interface RunDownload {
  /** File name. */
  name: string;
  file: Blob;
  /** What a person should know of it. */
  notes: string[];
}

/** An adapter's two files. */
export interface AdapterUpload {
  /** adapter_config.json */
  config: Blob;
  /** adapter_model.safetensors */
  tensors: Blob;
}

/** An adapter that fits a backbone. */
export interface AdapterCheck {
  /** Id of the method. */
  method: string;
  /** The method with its main setting, e.g. "LoRA r 8". */
  label: string;
  config: Record<string, unknown>;
  tensors: number;
  /** Numbers in the tensors. */
  numbers: number;
  /** Of its head; null where it has none. */
  classes: number | null;
}

/** What to profile. */
export interface ProfileChoice {
  backboneId: string;
  /** Id of the method, with its defaults. */
  method: string;
  /** Images per step. */
  batch: number;
}

export interface WorkerApi {
  environment(): Promise<Environment>;
  /** Remembers what to train on, from the next plan on. */
  chooseDevice(choice: DeviceChoice): Promise<Environment>;
  previewTable(labels: NamedFile, paths: string[]): Promise<TablePreview>;
  importDataset(request: ImportRequest, onProgress: OnProgress): Promise<ImportResult>;
  importDemo(onProgress: OnProgress): Promise<ImportResult>;
  addBackbone(
    request: BackboneRequest,
    onProgress: OnProgress,
  ): Promise<{ backbone: BackboneRow; check: BackboneCheck }>;
  /** Changes preprocessing or feature of a stored backbone. */
  updateBackbone(
    id: string,
    change: Partial<Pick<BackboneRow, "name" | "preprocessing" | "feature">>,
  ): Promise<BackboneRow>;
  /** What is in a stored backbone's file. */
  describeBackbone(id: string): Promise<ModelInfo>;
  /** Files of what a stored run learnt. */
  downloadRun(runId: string, kind: DownloadKind, onProgress: OnProgress): Promise<RunDownload>;
  /**
   * Whether an adapter fits a stored backbone; what does not fit is thrown, the first mismatch by
   * name.
   */
  checkAdapter(backboneId: string, upload: AdapterUpload): Promise<AdapterCheck>;
  /** One stored image as training would see it. */
  previewAugmentation(request: AugmentationPreviewRequest): Promise<AugmentationPreview>;
  /**
   * Tells what memory each backbone with each method of a plan will take on the device that runs
   * train on. A later call ends an earlier one; gives whether this one was told wholly.
   */
  estimate(plan: Plan, onEstimate: (estimate: TrainerEstimate) => void): Promise<boolean>;
  /**
   * Runs what of the plan has no record yet; resolves when finished, paused or cancelled. One plan
   * at a time.
   */
  run(planId: string, onEvent: (event: RunEvent) => void): Promise<"done" | "cancelled" | "paused">;
  /** Stops after the current step; finished runs stay, an unfinished one starts anew on resume. */
  pause(): Promise<void>;
  cancel(): Promise<void>;
  /** Loads what the self-test compares with, so that it can be started offline. */
  prepareSelfTest(): Promise<void>;
  /**
   * Checks the device that runs train on; stores and gives the report. Refused while a plan runs,
   * and the other way round.
   */
  selfTest(onProgress: OnProgress): Promise<SelfTestReport>;
  /**
   * Times a training step pass by pass, on the adapter that runs train on. Refused while a plan
   * runs, and the other way round.
   */
  profile(choice: ProfileChoice, onProgress: OnProgress): Promise<ProfileReport>;
  /** Cancels the import, the download, the self-test or the profile under way. */
  abort(): Promise<void>;
}
