/**
 * For tests of the runner: a dataset, a backbone and a trainer that need no file, no GPU and no
 * time.
 */
import type { DatasetRow } from "../data/types";
import { fitOf } from "../engine/adapters";
import type {
  EngineDevice,
  Model,
  StepBatch,
  Trainer,
  TrainerOptions,
  TrainerPlanOptions,
  TrainingPlan,
} from "../engine/types";
import type { FeatureRuntime } from "../models/ort";
import { createMemoryFeatureStore, createMemoryRecordStore } from "../storage/memory";
import type { DatasetSource } from "../storage/types";
import type { BackboneSource } from "./backbone-session";
import type { Clock } from "./events";
import type { Decode } from "./images";
import type { PlanJob } from "./plan-job";

/** Images of 8×8 pixels whose brightness tells the class, two per patient; the file is one byte. */
export function tinyDataset(count = 40): DatasetSource {
  const images = Array.from({ length: count }, (_, i) => {
    const label = Math.floor(i / 2) % 2;
    return {
      name: `image-${String(i).padStart(3, "0")}.png`,
      patient: `p${Math.floor(i / 2)}`,
      label,
      sha256: `hash-${i}`,
      bytes: 1,
      width: 8,
      height: 8,
    };
  });
  const row: DatasetRow = {
    id: "tiny",
    name: "Tiny",
    description: "",
    synthetic: true,
    createdAt: "2026-01-01T00:00:00Z",
    classes: ["dark", "bright"],
    grouping: "patient",
    fingerprint: "f".repeat(64),
    images,
    columns: { image: "image", outcome: "outcome", patient: "patient" },
    report: {
      rows: count,
      files: count,
      matched: count,
      unmatchedRows: [],
      unmatchedFiles: [],
      unreadable: [],
      duplicates: [],
      missingOutcome: [],
      perClass: [],
      warnings: [],
    },
  };
  const brightness = new Map(images.map(({ name, label }, i) => [name, 60 + 100 * label + ((i * 29) % 40)]));
  return { row, image: async (name) => new Blob([Uint8Array.of(brightness.get(name)!)]) };
}

const tinyDecode: Decode = async (bytes) => ({
  width: 8,
  height: 8,
  channels: 1,
  data: new Uint8Array(64).fill(bytes[0]),
});

export const tinyBackbone: BackboneSource = {
  name: "Mean",
  sha256: "b".repeat(64),
  feature: "auto",
  bytes: async () => new Uint8Array(4),
  preprocessing: {
    size: 8,
    resize: 8,
    interpolation: "nearest",
    crop: "stretch",
    mean: [0, 0, 0],
    std: [1, 1, 1],
  },
};

/** Mean and maximum of an image as its feature [2]. */
export const tinyRuntime: FeatureRuntime = {
  label: "test runtime",
  open: async () => ({
    input: { name: "x", shape: [0, 3, 0, 0] },
    run: async (images, count) => new Map([["y", { shape: [count, 2], data: meanAndMax(images, count) }]]),
    dispose: async () => {},
  }),
};

function meanAndMax(images: Float32Array, count: number): Float32Array {
  const size = images.length / count;
  return Float32Array.from({ length: 2 * count }, (_, i) => {
    const image = images.subarray((i >> 1) * size, ((i >> 1) + 1) * size);
    return i % 2 ? Math.max(...image) : image.reduce((sum, v) => sum + v, 0) / size;
  });
}

export const tinyModel: Model = {
  info: {
    input: { name: "x", shape: [3, 8, 8] },
    outputs: [{ name: "y", shape: [1, 2] }],
    opset: 17,
    producer: "",
    parameters: 10,
    layers: [],
    ops: {},
    notes: [],
    tolerance: 1e-3,
    features: [],
    lacks: {},
    warnings: [],
  },
};

/** A clock that moves 1 ms each time it is read. */
function tickingClock(): Clock {
  let ms = 0;
  return { now: () => ms++, iso: () => "2026-01-01T00:00:00.000Z" };
}

export interface FakeDevice extends EngineDevice {
  lose(reason: string): void;
}

export function fakeDevice(): FakeDevice {
  let lose: (reason: string) => void = () => {};
  const lost = new Promise<string>((resolve) => {
    lose = resolve;
  });
  const info = { kind: "webgpu" as const, label: "fake", vendor: "", architecture: "", description: "" };
  return { info: { ...info, software: true, features: [], limits: {} }, lost, lose, dispose: () => {} };
}

export interface FakeTrainerLog {
  created: TrainerOptions[];
  resets: number[];
  steps: number;
  encoded: number;
  adjustments: number[][];
  disposed: number;
  /** Called before each step; may throw or lose the device. */
  beforeStep: () => void;
}

export function fakeTrainerLog(): FakeTrainerLog {
  return { created: [], resets: [], steps: 0, encoded: 0, adjustments: [], disposed: 0, beforeStep: () => {} };
}

/**
 * Softmax regression by plain gradient descent. Methods that are fitted on features read these;
 * "lora" reads the frozen part's outputs (mean and maximum, as `encode` makes them); "full" reads
 * images.
 */
export function fakeTrainer(options: TrainerOptions, log: FakeTrainerLog): Trainer {
  log.created.push(options);
  const { classes, method, cutFrozen = true } = options;
  const cutAtFeatures = fitOf(method) !== null;
  const cut = cutAtFeatures || (method.id === "lora" && cutFrozen === true);
  const shape = cut ? [2] : [3, 8, 8];
  let weights = new Float64Array(classes * 3);
  let kept = weights;
  let losses: number[] = [];
  const plainScale = () => ({ mean: new Float32Array(2), std: new Float32Array(2).fill(1) });
  let scale = plainScale();
  const rows = ([data]: readonly Float32Array[]) => {
    const features = cut ? data : meanAndMax(data, data.length / 192);
    return Array.from({ length: features.length / 2 }, (_, i) => [
      ...[0, 1].map((d) => (features[2 * i + d] - scale.mean[d]) / scale.std[d]),
      1,
    ]);
  };
  const logitsOf = (row: number[]) =>
    Array.from({ length: classes }, (_, c) => row.reduce((sum, x, d) => sum + x * weights[c * 3 + d], 0));
  /** The weights with the standardisation taken in. */
  const folded = () =>
    weights.map((w, k) => {
      const start = 3 * Math.floor(k / 3);
      if (k % 3 < 2) return w / scale.std[k % 3];
      return w - [0, 1].reduce((sum, d) => sum + (weights[start + d] * scale.mean[d]) / scale.std[d], 0);
    });
  const step = ({ inputs, targets, weights: shares }: StepBatch, lr: { head: number }) => {
    log.beforeStep();
    log.steps++;
    let loss = 0;
    const gradient = new Float64Array(classes * 3);
    rows(inputs).forEach((row, i) => {
      const powers = logitsOf(row).map(Math.exp);
      const sum = powers.reduce((a, b) => a + b, 0);
      powers.forEach((power, c) => {
        const target = targets[i * classes + c];
        loss -= shares[i] * target * Math.log(power / sum);
        for (let d = 0; d < 3; d++) gradient[c * 3 + d] += shares[i] * (power / sum - target) * row[d];
      });
    });
    losses.push(loss);
    weights = weights.map((w, k) => w - 10 * lr.head * gradient[k]);
  };
  return {
    inputs: [{ name: "in", shape }],
    cut,
    cutAtFeatures,
    featureWidth: 2,
    trainables: [{ name: "head", shape: [classes, 3], group: "head" }],
    trainableParameters: classes * 3,
    bytes: { weights: 100, activations: 0, optimizer: 0, workspace: 0 },
    reset: (seed) => {
      log.resets.push(seed);
      weights = new Float64Array(classes * 3);
      scale = plainScale();
      losses = [];
    },
    setStandardization: (mean, std) => {
      scale = { mean: mean.slice(), std: std.slice() };
    },
    setLogitAdjustment: (values) => {
      log.adjustments.push([...values]);
    },
    encode: async (images, count) => {
      log.encoded += count;
      return [meanAndMax(images, count)];
    },
    step,
    losses: async () => Float32Array.from(losses.splice(0)),
    overflows: async () => 0,
    gradients: async () => [],
    predict: async (inputs) => Float32Array.from(rows(inputs).flatMap(logitsOf)),
    snapshot: () => {
      kept = weights;
    },
    restore: () => {
      weights = kept;
    },
    exportTrainables: async () => [{ name: "head", shape: [classes, 3], data: Float32Array.from(folded()) }],
    importTrainables: ([{ data }]) => {
      weights = Float64Array.from(data);
      scale = plainScale();
    },
    idle: async () => {},
    dispose: () => {
      log.disposed++;
    },
  };
}

/** Bytes by the number of images at a time, and those of the encoded inputs of `fakeTrainer`. */
export const fakePlan =
  (perImage = 0) =>
  ({ method, cutFrozen = true, microBatch, batch }: TrainerPlanOptions): TrainingPlan => ({
    estimate: {
      weights: 100,
      activations: perImage * (microBatch || batch),
      optimizer: 0,
      workspace: 0,
      recomputed: 0,
      excess: null,
      encoded: method.id === "lora" && cutFrozen === true ? 8 : 0,
    },
  });

/** A job over the above; override what a test is about. */
export function fakeJob(
  job: Partial<PlanJob> & Pick<PlanJob, "runs">,
  log: FakeTrainerLog = fakeTrainerLog(),
  device: EngineDevice = fakeDevice(),
): PlanJob {
  return {
    dataset: tinyDataset(),
    backbones: [tinyBackbone],
    records: createMemoryRecordStore(),
    features: createMemoryFeatureStore(),
    engine: {
      openModel: () => tinyModel,
      planTraining: fakePlan(),
      createTrainer: async (options) => fakeTrainer(options, log),
    },
    runtime: tinyRuntime,
    openDevice: async () => ({ device, missing: null }),
    decode: tinyDecode,
    clock: tickingClock(),
    environment: { radapt: "0.0.0", host: "test" },
    ...job,
  };
}
