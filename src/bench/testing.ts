/** Random datasets (fast-check) and hand-made records for the tests of this folder. */
import fc from "fast-check";
import fixture from "./fixtures/records-before-protocols.json";
import type { SplitImage } from "./folds";
import type { StoredRecord } from "./migrate-record";
import type { Prediction, RunConfig, RunRecord } from "./record";
import type { Regime } from "./regime";
import { regimeLabel } from "./regime";
import { trainingSchema } from "./training";

/**
 * Random datasets with several images per patient. Some patients have images of several classes.
 * Each class has at least `minPatients` patients.
 */
export function arbitraryImages(minPatients: number, minClasses = 2): fc.Arbitrary<SplitImage[]> {
  return fc
    .record({
      classes: fc.integer({ min: minClasses, max: 4 }),
      extra: fc.array(fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 6 }), { maxLength: 30 }),
      sizes: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 4 * minPatients, maxLength: 4 * minPatients }),
    })
    .map(({ classes, extra, sizes }) => {
      const patients: number[][] = extra.map((labels) => labels.map((label) => label % classes));
      for (let c = 0; c < classes; c++)
        for (let p = 0; p < minPatients; p++) patients.push(new Array<number>(sizes[c * minPatients + p]).fill(c));
      return patients.flatMap((labels, p) =>
        labels.map((label, i) => ({ name: `p${p}/${i}.png`, patient: `p${p}`, label })),
      );
    });
}

/** A record with the given facts. All other fields have plausible values. */
export function makeRecord(change: {
  method?: string;
  methodConfig?: Record<string, unknown>;
  backbone?: string;
  regime?: Regime;
  fold?: number;
  splitSeed?: number;
  seed?: number;
  metrics?: Record<string, number | null>;
  predictions?: Prediction[];
  classes?: string[];
  trainable?: number;
  msPerStep?: number;
}): RunRecord {
  const {
    method = "lora",
    backbone = "Tiny",
    regime = "full",
    fold = 0,
    splitSeed = 42,
    seed = 0,
    classes = ["no", "yes"],
  } = change;
  const config: RunConfig = {
    protocol: 1,
    dataset: "cd",
    backbone: {
      sha256: `sha-${backbone}`,
      feature: "auto",
      preprocessing: { size: 32, resize: 32, interpolation: "bicubic", crop: "crop", mean: [0, 0, 0], std: [1, 1, 1] },
    },
    method: { id: method, config: change.methodConfig ?? {} },
    training: trainingSchema.parse({}),
    regime,
    split: { protocol: "stratified-group-k-fold", folds: 5, splitSeed, part: String(fold) },
    seed,
  };
  return {
    schema: 2,
    id: `${backbone}-${method}-${regimeLabel(regime)}-${fold}-${seed}`,
    config,
    labels: { dataset: "Chest", backbone, method: method.toUpperCase() },
    dataset: { images: 100, patients: 50, classes, prevalence: [0.75, 0.25], synthetic: true, grouping: "patient" },
    split: {
      train: Array.from({ length: regime === "full" ? 60 : 2 * regime.shots }, String),
      val: [],
      test: Array.from({ length: 20 }, (_, i) => `test ${i}`),
    },
    trainableParameters: change.trainable ?? 100,
    totalParameters: 1000,
    epochs: 10,
    bestEpoch: 5,
    steps: 40,
    msPerStep: change.msPerStep ?? 5,
    wallMs: 200,
    curve: [],
    predictions: change.predictions ?? [],
    metrics: change.metrics ?? {},
    environment: { radapt: "0.1.0", device: "cpu", featureRuntime: "none", host: "test" },
    warnings: [],
    finishedAt: "2026-01-01T00:00:00Z",
  };
}

/**
 * What a version of Radapt without split protocols wrote: records, a plan, a card, and the results
 * that it computed from them.
 */
export const before = {
  ...fixture,
  records: fixture.records as unknown as StoredRecord[],
};
