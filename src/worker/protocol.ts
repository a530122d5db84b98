/**
 * The typed interface between the page and the worker that holds the engine (comlink). The page
 * reads stored datasets, backbones, plans and records itself, through src/storage; the worker does
 * whatever computes.
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

/** What a person may train on: the fastest device, the WebGPU adapter, or the processor. */
export const deviceChoices = ["auto", "webgpu", "wasm"] as const;
export type DeviceChoice = (typeof deviceChoices)[number];

export interface Environment {
  /**
   * The device that trains: the WebGPU adapter, or the processor where there is none or it was
   * chosen.
   */
  device: DeviceInfo;
  /** The person's choice on this machine. */
  choice: DeviceChoice;
  /**
   * The WebGPU adapter's name, and whether it is software; null where there is none. `deviceError`
   * then holds the reason and the remedy.
   */
  adapter: { label: string; software: boolean } | null;
  deviceError: ErrorDetails | null;
  /** Runtime that computes features, e.g. "onnxruntime-web 1.30.0 (wasm, 4 threads)". */
  featureRuntime: string;
  crossOriginIsolated: boolean;
  version: string;
}

export interface ImportResult {
  dataset: DatasetRow;
  report: ImportReport;
}

/**
 * Files of a run that a person may download: the adapter in PEFT's format, or the adapted model as
 * ONNX.
 */
export type DownloadKind = "adapter" | "model";

export interface RunDownload {
  /** File name. */
  name: string;
  file: Blob;
  /** Notes for the person who uses the file. */
  notes: string[];
}

/** An adapter's two files, in PEFT's format. */
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
  /** Count of numbers in all tensors. */
  numbers: number;
  /** Number of classes of its head; null where it has no head. */
  classes: number | null;
}

/** What to profile. */
export interface ProfileChoice {
  backboneId: string;
  /** Id of the method; its settings are the defaults. */
  method: string;
  /** Images per step. */
  batch: number;
}

export interface WorkerApi {
  environment(): Promise<Environment>;
  /** Stores the choice; it applies from the next plan on. */
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
  /** Describes a stored backbone's file. */
  describeBackbone(id: string): Promise<ModelInfo>;
  /** Makes the files of what a stored run learnt. */
  downloadRun(runId: string, kind: DownloadKind, onProgress: OnProgress): Promise<RunDownload>;
  /**
   * Describes an adapter that fits a stored backbone.
   *
   * @throws RadaptError with the first mismatch
   */
  checkAdapter(backboneId: string, upload: AdapterUpload): Promise<AdapterCheck>;
  /** Shows one stored image as training would see it. */
  previewAugmentation(request: AugmentationPreviewRequest): Promise<AugmentationPreview>;
  /**
   * Estimates the memory that each backbone with each method of a plan takes on the device that
   * runs train on. A later call ends an earlier one.
   *
   * @returns whether all estimates of this call were reported
   */
  estimate(plan: Plan, onEstimate: (estimate: TrainerEstimate) => void): Promise<boolean>;
  /**
   * Computes the runs of a plan that have no record yet, one plan at a time. Resolves when they are
   * finished, paused or cancelled.
   */
  run(planId: string, onEvent: (event: RunEvent) => void): Promise<"done" | "cancelled" | "paused">;
  /** Stops after the current step. Finished runs stay; an unfinished one starts anew on resume. */
  pause(): Promise<void>;
  cancel(): Promise<void>;
  /** Loads the reference values of the self-test, so that it can run offline. */
  prepareSelfTest(): Promise<void>;
  /**
   * Tests the device that runs train on, and stores the report. A self-test and a plan exclude each
   * other.
   */
  selfTest(onProgress: OnProgress): Promise<SelfTestReport>;
  /**
   * Times the dispatches of a training step on the adapter that runs train on. A profile and a plan
   * exclude each other.
   */
  profile(choice: ProfileChoice, onProgress: OnProgress): Promise<ProfileReport>;
  /** Cancels the import, the download, the self-test or the profile under way. */
  abort(): Promise<void>;
}
