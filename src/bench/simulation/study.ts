/**
 * A simulated study sends simulated patients through Radapt's own split, probe and metrics into
 * records. `aggregate` and the comparisons cannot tell these records from others.
 */
import { createPrng } from "../../base";
import { createLogisticSolver } from "../../engine/heads/logistic";
import { matrix } from "../../engine/heads/matrix";
import { classWeights } from "../class-weights";
import { expandPlan } from "../expand";
import { computeMetrics } from "../metrics";
import { planSchema } from "../plan";
import type { Prediction, RunRecord } from "../record";
import type { Regime } from "../regime";
import { type Split, splitRun } from "../split";
import { type SimulatedImage, simulatePatients, type World } from "./patients";

export interface Design {
  folds: number;
  /** Partitions of the patients. */
  repeats: number;
  /**
   * Seeds per part. With several, a simulated method trains on a resample of the training images
   * that the seed draws, as a network depends on its initial values and the order of images.
   */
  seeds: number;
  regime: Regime;
}

const PENALTY = 0.1;

/** P(outcome) of `test` by a class-weighted logistic probe on one method's features of `train`. */
export function probe(
  train: readonly SimulatedImage[],
  test: readonly SimulatedImage[],
  method: number,
): { probabilities: number[][] } {
  const width = train[0].features[method].length;
  const features = matrix(train.length, width);
  train.forEach((image, i) => void features.data.set(image.features[method], i * width));
  const labels = train.map(({ label }) => label);
  const byClass = classWeights(labels, 2, "balanced");
  const weights = labels.map((label) => byClass[label]);
  const { head } = createLogisticSolver({ features, labels, weights, classes: 2 }).path(1e-4).fit(PENALTY);
  const probabilities = test.map((image) => {
    let logit = head.bias[1] - head.bias[0];
    for (let j = 0; j < width; j++)
      logit += (head.weight.data[width + j] - head.weight.data[j]) * image.features[method][j];
    const positive = 1 / (1 + Math.exp(-logit));
    return [1 - positive, positive];
  });
  return { probabilities };
}

/** Records of every run of the study, as the runner would store them. */
export function simulateStudy(world: World, design: Design, seed: number): RunRecord[] {
  const images = simulatePatients(world, seed);
  const dataset = { name: "Simulated", fingerprint: `simulated ${seed}`, images, classes: ["no", "yes"] };
  const methods = Array.from({ length: world.methods }, (_, i) => ({ id: `method ${i + 1}` }));
  const seeds = Array.from({ length: design.seeds }, (_, i) => i);
  const { folds, repeats, regime } = design;
  const dataset_ = { demo: true as const };
  const plan = planSchema.parse({
    dataset: dataset_,
    backbones: [{}],
    methods,
    regimes: [regime],
    folds,
    repeats,
    seeds,
  });
  const preprocessing = { size: 8, resize: 8, interpolation: "bicubic", crop: "crop" } as const;
  const backbone = {
    name: "Simulated",
    sha256: "simulated",
    feature: "auto",
    preprocessing: {
      ...preprocessing,
      mean: [0, 0, 0] as [number, number, number],
      std: [1, 1, 1] as [number, number, number],
    },
  };
  const byName = new Map(images.map((image) => [image.name, image]));
  const splits = new Map<string, Split>();
  return expandPlan(plan, dataset, [backbone], (id, config) => ({ config, label: id })).map(({ config, labels }, i) => {
    const key = JSON.stringify([config.split, config.regime === "full" ? 0 : config.seed]);
    const split = splits.get(key) ?? splitRun(dataset, config);
    splits.set(key, split);
    const of = (names: readonly string[]) => names.map((name) => byName.get(name)!);
    const train = seenBy(of(split.train), design, `${i}`);
    const test = of(split.test);
    const { probabilities } = probe(train, test, Number(config.method.id.slice("method ".length)) - 1);
    const truth = test.map(({ label }) => label);
    const predictions = test.map(
      ({ name, patient, label }, k): Prediction => ({
        image: name,
        patient,
        truth: label,
        probabilities: probabilities[k],
      }),
    );
    return recordOf({ config, labels, split, predictions }, images, {
      metrics: computeMetrics({ truth, probabilities, classes: 2 }),
      id: String(i),
    });
  });
}

/**
 * What a simulated method sees of its training images. With several seeds on all images this is a
 * bootstrap resample that keeps the number of images of each class.
 */
export function seenBy(
  images: readonly SimulatedImage[],
  { seeds, regime }: Design,
  run: string,
): readonly SimulatedImage[] {
  if (seeds === 1 || regime !== "full") return images;
  const prng = createPrng(0, `resample ${run}`);
  return [0, 1].flatMap((label) => {
    const ofClass = images.filter((image) => image.label === label);
    return ofClass.map(() => ofClass[prng.below(ofClass.length)]);
  });
}

function recordOf(
  run: Pick<RunRecord, "config" | "labels" | "split" | "predictions">,
  images: readonly SimulatedImage[],
  { id, metrics }: Pick<RunRecord, "id" | "metrics">,
): RunRecord {
  const positive = images.filter(({ label }) => label === 1).length / images.length;
  return {
    schema: 2,
    id,
    ...run,
    metrics,
    dataset: {
      images: images.length,
      patients: new Set(images.map(({ patient }) => patient)).size,
      classes: ["no", "yes"],
      prevalence: [1 - positive, positive],
      synthetic: true,
      grouping: "patient",
    },
    trainableParameters: 1,
    totalParameters: 1,
    epochs: 0,
    bestEpoch: 0,
    steps: 0,
    msPerStep: 0,
    wallMs: 0,
    curve: [],
    environment: { radapt: "simulation", device: "none", featureRuntime: "none", host: "none" },
    warnings: [],
    finishedAt: "",
  };
}
