/** Makes rows and records for the tests of storage. */
import type { RunRecord } from "../bench/record";
import { trainingSchema } from "../bench/training";
import type { DatasetRow } from "../data/types";
import type { BackboneRow, Preprocessing } from "../models/types";

export const somePreprocessing: Preprocessing = {
  size: 8,
  resize: 8,
  interpolation: "bicubic",
  crop: "crop",
  mean: [0.5, 0.5, 0.5],
  std: [0.5, 0.5, 0.5],
};

export function datasetRow(id: string, names: string[]): DatasetRow {
  return {
    id,
    name: `Dataset ${id}`,
    description: "",
    synthetic: false,
    createdAt: "2026-01-01T00:00:00.000Z",
    classes: ["no", "yes"],
    grouping: "image",
    columns: { image: "image", outcome: "outcome" },
    fingerprint: id,
    images: names.map((name) => ({ name, patient: name, label: 0, sha256: name, bytes: 3, width: 1, height: 1 })),
    report: {
      rows: names.length,
      files: names.length,
      matched: names.length,
      unmatchedRows: [],
      unmatchedFiles: [],
      unreadable: [],
      duplicates: [],
      missingOutcome: [],
      perClass: [],
      warnings: [],
    },
  };
}

export function testBackboneRow(id: string, bytes = 3): BackboneRow {
  return {
    id,
    name: `Backbone ${id}`,
    sha256: "00",
    bytes,
    preprocessing: somePreprocessing,
    feature: "auto",
    licence: "Apache-2.0",
    source: "a test",
    origin: "file",
  };
}

export function runRecord(id: string, metric = 0.5): RunRecord {
  const training = trainingSchema.parse({
    epochs: 1,
    batch: 1,
    lr: 1,
    headLr: 1,
    weightDecay: 0,
    headL2: 0,
    optimizer: "adamw",
    momentum: 0.9,
    clipNorm: 0,
    microBatch: 0,
    schedule: "constant",
    warmup: 0,
    patience: 0,
    classWeights: "none",
    standardize: false,
  });
  return {
    schema: 2,
    id,
    config: {
      protocol: 1,
      dataset: "d",
      backbone: { sha256: "00", preprocessing: somePreprocessing, feature: "cls" },
      method: { id: "linear-probe", config: {} },
      training,
      regime: "full",
      split: { protocol: "stratified-group-k-fold", folds: 2, splitSeed: 0, part: "0" },
      seed: 0,
    },
    labels: { dataset: "d", backbone: "b", method: "m" },
    dataset: { images: 1, patients: 1, classes: ["a", "b"], prevalence: [1, 0], synthetic: true, grouping: "image" },
    split: { train: [], val: [], test: [] },
    trainableParameters: 1,
    totalParameters: 1,
    epochs: 1,
    bestEpoch: 1,
    steps: 1,
    msPerStep: 1,
    wallMs: 1,
    curve: [],
    predictions: [],
    metrics: { matthews_corrcoef: metric },
    environment: { radapt: "0", device: "none", featureRuntime: "none", host: "test" },
    warnings: [],
    finishedAt: "2026-01-01T00:00:00.000Z",
  };
}
