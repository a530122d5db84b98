/** One run: a configuration becomes a record. Loads, trains, measures; whatever it touches is injected. */
import { trainingCautions } from "../bench/cautions";
import { classPrior, classWeights, validationWeights } from "../bench/class-weights";
import { computeMetrics } from "../bench/metrics";
import type { RunConfig, RunRecord } from "../bench/record";
import { type Split, splitRun } from "../bench/split";
import type { Training } from "../bench/training";
import type { DatasetRow } from "../data/types";
import { adjustsLogits, logitAdjustment } from "../engine/loss";
import type { LossSpec, NamedTensor, OptimizerSpec, Trainer, TrainerOptions } from "../engine/types";
import type { DatasetSource, FeatureStore } from "../storage/types";
import type { BackboneSession } from "./backbone-session";
import { predictAll, softmaxRows } from "./evaluate";
import type { Clock, RunEvent } from "./events";
import { type HeadRates, trainWithBestHeadRate } from "./head-rates";
import type { ImageLoader } from "./images";
import { prepareInputs } from "./prepare";
import type { IdentifiedRun } from "./resolve";
import { type Labelled, mixesImages, type TrainingJob, type TrainingOutcome, trainModel } from "./train";
import type { PooledTrainer, TrainerPool } from "./trainer-pool";

/** What a run learnt, and what it belongs to. */
export interface Learnt {
  run: IdentifiedRun;
  /** Class names in order of their labels. */
  classes: readonly string[];
  backbone: Pick<TrainerOptions, "model" | "imageSize" | "feature">;
  /** Trainable numbers, the head's among them. */
  parameters: number;
  /** Reads them from the device: the trainables as PEFT names them. */
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

/** @throws RadaptError where data, model or training fail; the signal's reason when aborted */
export async function runOne(run: IdentifiedRun, context: RunContext): Promise<RunRecord> {
  const { config, labels, id } = run;
  const { dataset, clock, signal, onEvent } = context;
  const started = clock.now();
  const split = splitRun(dataset.row.images, { ...config, classes: dataset.row.classes });
  const byName = new Map(dataset.row.images.map((image) => [image.name, image]));
  const labelled = (names: readonly string[]): Labelled => ({
    names,
    labels: names.map((name) => byName.get(name)!.label),
  });
  const [train, val, test] = [split.train, split.val, split.test].map(labelled);
  const classes = dataset.row.classes.length;
  const { training, seed } = config;
  const weights = classWeights(train.labels, classes, training.classWeights, training.effectiveBeta);
  const valWeights = validationWeights(train.labels, classes, training);

  const pooled = await takeTrainer(run, context, classes, train.names.length);
  const { trainer, batch } = pooled;
  const { inputs, scale } = await prepareInputs(run, context, pooled, split, byName);
  signal?.throwIfAborted();
  const settle = () => {
    if (scale) trainer.setStandardization(scale.mean, scale.std);
    if (adjustsLogits(lossOf(training)))
      trainer.setLogitAdjustment(logitAdjustment(classPrior(train.labels, classes), training.logitTau));
  };
  const restart = () => {
    trainer.reset(seed);
    settle();
  };
  settle();
  const job = { trainer, inputs, train, val, batch, classes, weights, valWeights, training, seed, clock, signal };
  const { outcome, headRates } = await trainRun(id, job, restart, onEvent);
  const logits = await predictAll(trainer, inputs, test.names, classes, batch, signal);
  const probabilities = softmaxRows(logits, classes);
  const model = await context.backbone.model();
  const { kind: feature, preprocessing } = context.backbone;
  await context.keepAdapter?.({
    ...{ run, classes: dataset.row.classes, parameters: trainer.trainableParameters },
    tensors: () => trainer.exportTrainables(),
    backbone: { model, feature, imageSize: preprocessing.size },
  });
  return {
    schema: 1,
    id,
    config,
    labels,
    dataset: describeDataset(dataset.row),
    split,
    trainableParameters: trainer.trainableParameters,
    totalParameters: model.info.parameters + headParameters(trainer.trainables),
    epochs: outcome.epochs,
    bestEpoch: outcome.bestEpoch,
    steps: outcome.steps,
    msPerStep: outcome.msPerStep,
    wallMs: clock.now() - started,
    curve: outcome.curve,
    ...(headRates && { headRates }),
    predictions: test.names.map((image, i) => ({
      image,
      patient: byName.get(image)!.patient,
      truth: test.labels[i],
      probabilities: probabilities[i],
    })),
    metrics: computeMetrics({ truth: test.labels, probabilities, classes }),
    environment: context.environment,
    warnings: warningsOf(dataset.row, split, job),
    finishedAt: clock.iso(),
  };
}

/** One training; or several, where the head's learning rate is to be chosen and there are images to choose by. */
async function trainRun(
  id: string,
  job: TrainingJob,
  restart: () => void,
  onEvent: RunContext["onEvent"],
): Promise<{ outcome: TrainingOutcome; headRates?: HeadRates }> {
  const { epochs } = job.training;
  const rates = [...new Set(job.training.headLrs)];
  if (rates.length === 0 || job.val.names.length === 0) {
    return {
      outcome: await trainModel({ ...job, onEpoch: (point) => onEvent?.({ type: "epoch", id, point, epochs }) }),
    };
  }
  const label = (index: number) => `head learning rate ${rates[index]}, ${index + 1} of ${rates.length}`;
  return trainWithBestHeadRate({
    ...{ ...job, rates, restart },
    onEpoch: (point, index) => {
      const candidate = { index, of: rates.length, label: label(index) };
      onEvent?.({ type: "epoch", id, point, epochs, candidate });
    },
  });
}

/** The engine's loss for the settings. */
function lossOf({ loss, focalGamma }: Training): LossSpec {
  return loss === "focal" ? { name: loss, gamma: focalGamma } : { name: loss };
}

/**
 * A method that reads features alone trains on all of them at once: its loss is convex, and full batches need no
 * choice of batch size. Others train in batches as configured.
 */
function takeTrainer(
  { config, id }: IdentifiedRun,
  context: RunContext,
  classes: number,
  trainImages: number,
): Promise<PooledTrainer> {
  return context.trainers.take({
    backbone: context.backbone,
    method: config.method,
    classes,
    batch: Math.min(config.training.batch, trainImages),
    microBatch: config.training.microBatch,
    fullBatch: trainImages,
    optimizer: optimizerOf(config, classes, trainImages),
    loss: lossOf(config.training),
    readsImages: config.training.mixup > 0,
    images: context.dataset.row.images.length,
    seed: config.seed,
    onProgress: (done, total, what) => context.onEvent?.({ type: "stage", id, progress: { done, total, what } }),
  });
}

/**
 * AdamW with PyTorch's defaults, SGD with momentum, or Lion with its paper's. A method with scikit-learn's setting `C` and no penalty of its
 * own gets the L2 penalty of LogisticRegression(C): that minimises ½‖w‖² + C·Σ loss, our mean loss hence has the penalty 1/(C·n); with two
 * classes scikit-learn has one row of weights where softmax has two of half the size each, which doubles it. Full-batch gradients
 * are exact, so Adam's second moment needs a short memory only: with 0.999 the large first gradients would still brake it
 * after hundreds of steps, and 1,000 features of 150 images stop far from the optimum.
 */
export function optimizerOf(config: RunConfig, classes: number, trainImages: number): OptimizerSpec {
  const { C } = config.method.config;
  const { optimizer: name, headL2, weightDecay, momentum, clipNorm } = config.training;
  const fromC = typeof C === "number" ? (classes === 2 ? 2 : 1) / (C * trainImages) : 0;
  const common = { weightDecay, headL2: headL2 > 0 ? headL2 : fromC, clipNorm };
  if (name === "sgd") return { name, momentum, nesterov: false, ...common };
  if (name === "lion") return { name, beta1: 0.9, beta2: 0.99, ...common };
  return { name, beta1: 0.9, beta2: typeof C === "number" ? 0.9 : 0.999, eps: 1e-8, ...common };
}

function headParameters(trainables: Trainer["trainables"]): number {
  const sizes = trainables.map(({ group, shape }) => (group === "head" ? shape.reduce((p, d) => p * d, 1) : 0));
  return sizes.reduce((sum, size) => sum + size, 0);
}

function describeDataset(row: DatasetRow): RunRecord["dataset"] {
  const { images, classes, synthetic, grouping } = row;
  const share = (c: number) => images.filter(({ label }) => label === c).length / images.length;
  const patients = new Set(images.map(({ patient }) => patient)).size;
  return { images: images.length, patients, classes, prevalence: classes.map((_, c) => share(c)), synthetic, grouping };
}

function warningsOf(row: DatasetRow, { val }: Split, job: TrainingJob): string[] {
  const { training } = job;
  const warnings = trainingCautions(training);
  if (row.grouping === "image")
    warnings.push(
      "No patient column: images of one patient may stand in training and test, which flatters the figures.",
    );
  if (val.length === 0 && training.patience > 0) warnings.push("No validation images: training did not stop early.");
  else if (new Set(job.val.labels).size < row.classes.length && training.patience > 0)
    warnings.push("The validation images lack a class: early stopping went by the others alone.");
  if (val.length === 0 && training.headLrs.length > 0)
    warnings.push(`No validation images to choose the head learning rate by: trained with ${training.headLr}.`);
  if (training.mixup > 0 && !mixesImages(job))
    warnings.push("The method trains on features computed once: they were not mixed (mixup).");
  return warnings;
}
