/** One run: a configuration becomes a record. Loads, trains, measures; whatever it touches is injected. */
import type { OnProgress } from "../base/progress";
import { classPrior, classWeights, validationWeights } from "../bench/class-weights";
import { computeMetrics } from "../bench/metrics";
import type { RunRecord } from "../bench/record";
import { type Split, splitRun } from "../bench/split";
import type { DatasetRow } from "../data/types";
import { fitOf } from "../engine/adapters";
import type { FeaturePredictor } from "../engine/heads/feature-fit";
import type { LinearHead } from "../engine/heads/logistic";
import { adjustsLogits, logitAdjustment } from "../engine/training/loss";
import type { NamedTensor, Trainer, TrainerOptions } from "../engine/types";
import type { DatasetSource, FeatureStore } from "../storage/types";
import { augments, createAugment } from "./augment";
import type { BackboneSession } from "./backbone-session";
import { predictAll, softmaxRows } from "./evaluate";
import type { Clock, RunEvent } from "./events";
import { cOf, fitProbe, type ProbeJob, setHead, startingHead } from "./fit-probe";
import { type HeadRates, trainWithBestHeadRate } from "./head-rates";
import type { ImageLoader } from "./images";
import type { Penalty } from "./penalty-search";
import { prepareInputs } from "./prepare";
import type { IdentifiedRun } from "./resolve";
import { type Labelled, type TrainingJob, type TrainingOutcome, trainModel } from "./train";
import type { PooledTrainer, TrainerPool } from "./trainer-pool";
import { lossOf, trainerRequest } from "./trainer-request";
import { fitTrainingFree, type TrainingFreeJob } from "./training-free";
import { probeWarnings, trainingFreeWarnings, warningsOf } from "./warnings";

/** What a run learnt, and what it belongs to. */
export interface Learnt {
  run: IdentifiedRun;
  /** Class names in order of their labels. */
  classes: readonly string[];
  backbone: Pick<TrainerOptions, "model" | "imageSize" | "feature">;
  /** Numbers among the tensors. */
  parameters: number;
  /** Reads them from the device: the trainables as PEFT names them; none where the predictor is no head. */
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

  const pooled = await takeTrainer(run, context, train.names.length);
  const { trainer, batch, microBatch } = pooled;
  const { inputs, scale, features } = await prepareInputs(run, context, pooled, split, byName);
  signal?.throwIfAborted();
  const settle = () => {
    if (scale) trainer.setStandardization(scale.mean, scale.std);
    if (adjustsLogits(lossOf(training)))
      trainer.setLogitAdjustment(logitAdjustment(classPrior(train.labels, classes), training.logitTau));
  };
  const part = { features, scale, train, classes, weights, valWeights, clock, signal };
  const fit = fitOf(config.method);
  const start = training.headStart === "probe" && !fit ? await startingHead(part) : null;
  const patientOf = (name: string) => byName.get(name)!.patient;
  const begin = (head: LinearHead | null) => {
    if (head) setHead(trainer, head);
    settle();
  };
  const restart = () => {
    trainer.reset(seed);
    begin(start);
  };
  begin(start);
  const { kind: feature, preprocessing } = context.backbone;
  const sha256 = (name: string) => byName.get(name)!.sha256;
  const augment = trainer.cut || !augments(training) ? undefined : createAugment(training, preprocessing, seed, sha256);
  const job = { ...part, trainer, inputs, val, batch, training, augment, seed };
  const done =
    fit === null
      ? await trainRun(id, job, restart, onEvent)
      : fit.kind === "logistic"
        ? await solveRun(run, { ...part, val, patientOf, seed, ...fit }, begin, onEvent)
        : await fitRun(run, { ...part, val, ...fit }, begin);
  const { outcome, headRates, penalty, predictor } = done;
  const logits = await done.logits(test.names);
  const probabilities = softmaxRows(logits, classes);
  const model = await context.backbone.model();
  const isHeadless = predictor?.head === null;
  await context.keepAdapter?.({
    ...{ run, classes: dataset.row.classes, parameters: isHeadless ? 0 : trainer.trainableParameters },
    tensors: async () => (isHeadless ? [] : trainer.exportTrainables()),
    backbone: { model, feature, imageSize: preprocessing.size },
  });
  return {
    schema: 1,
    id,
    config,
    labels,
    dataset: describeDataset(dataset.row),
    split,
    trainableParameters: predictor ? 0 : trainer.trainableParameters,
    totalParameters: model.info.parameters + (predictor?.storedNumbers ?? headParameters(trainer.trainables)),
    epochs: outcome.epochs,
    bestEpoch: outcome.bestEpoch,
    steps: outcome.steps,
    msPerStep: outcome.msPerStep,
    ...(microBatch < batch && { microBatch }),
    wallMs: clock.now() - started,
    curve: outcome.curve,
    ...(headRates && { headRates }),
    ...(penalty && { penalty }),
    ...(predictor && { storedNumbers: predictor.storedNumbers }),
    ...(predictor && predictor.choices.length > 0 && { choices: predictor.choices }),
    predictions: test.names.map((image, i) => ({
      image,
      patient: patientOf(image),
      truth: test.labels[i],
      probabilities: probabilities[i],
    })),
    metrics: computeMetrics({ truth: test.labels, probabilities, classes }),
    environment: context.environment,
    warnings: done.warnings(dataset.row, split),
    finishedAt: clock.iso(),
  };
}

/** A head, or a head and an adapter, learnt in whatever way. */
interface Result {
  outcome: TrainingOutcome;
  headRates?: HeadRates;
  penalty?: Penalty;
  /** What predicts where nothing was trained. */
  predictor?: FeaturePredictor;
  /** [n, C] of images by name. */
  logits(names: readonly string[]): Promise<Float32Array>;
  warnings(row: DatasetRow, split: Split): string[];
}

/** The head solved for. Its curve is told when it is whole: how many iterations there are shows only then. */
async function solveRun(
  { id, config: { training } }: IdentifiedRun,
  job: ProbeJob,
  keep: (head: LinearHead) => void,
  onEvent: RunContext["onEvent"],
): Promise<Result> {
  const C = training.headL2 > 0 ? cOf(training.headL2, job.train, job.weights) : job.C;
  const onProgress: OnProgress = (progress) => onEvent?.({ type: "stage", id, progress });
  const probe = await fitProbe({ ...job, C, onProgress });
  keep(probe.head);
  const { curve, epochs } = probe.outcome;
  for (const point of curve) onEvent?.({ type: "epoch", id, point, epochs });
  return { ...probe, warnings: (row, split) => probeWarnings(row, split, training, probe) };
}

/** The predictor computed at once. */
async function fitRun(
  { config: { training } }: IdentifiedRun,
  job: TrainingFreeJob,
  keep: (head: LinearHead) => void,
): Promise<Result> {
  const done = await fitTrainingFree(job);
  const { predictor } = done;
  if (predictor.head) keep(predictor.head);
  return { ...done, warnings: (row) => trainingFreeWarnings(row, training, predictor) };
}

/** One training; or several, where the head's learning rate is to be chosen and there are images to choose by. */
async function trainRun(
  id: string,
  job: TrainingJob,
  restart: () => void,
  onEvent: RunContext["onEvent"],
): Promise<Result> {
  const { trainer, inputs, classes, batch, signal } = job;
  const resultOf = (done: Pick<Result, "outcome" | "headRates">): Result => ({
    ...done,
    logits: (names) => predictAll(trainer, inputs, names, classes, batch, signal),
    warnings: (row, split) => warningsOf(row, split, job, done.outcome),
  });
  const { epochs } = job.training;
  const rates = [...new Set(job.training.headLrs)];
  if (rates.length === 0 || job.val.names.length === 0) {
    const onEpoch: TrainingJob["onEpoch"] = (point) => onEvent?.({ type: "epoch", id, point, epochs });
    return resultOf({ outcome: await trainModel({ ...job, onEpoch }) });
  }
  const label = (index: number) => `head learning rate ${rates[index]}, ${index + 1} of ${rates.length}`;
  const chosen = await trainWithBestHeadRate({
    ...{ ...job, rates, restart },
    onEpoch: (point, index) => {
      const candidate = { index, of: rates.length, label: label(index) };
      onEvent?.({ type: "epoch", id, point, epochs, candidate });
    },
  });
  return resultOf(chosen);
}

/** The trainer for the run; that its batches pass in parts is told where nobody asked for it. */
function takeTrainer(
  { config, id }: IdentifiedRun,
  { trainers, backbone, signal, onEvent, dataset: { row } }: RunContext,
  trainImages: number,
): Promise<PooledTrainer> {
  const request = trainerRequest(config, { classes: row.classes.length, images: row.images.length, trainImages });
  return trainers.take({
    ...{ ...request, backbone, signal, seed: config.seed },
    onProgress: (done, total, what) => onEvent?.({ type: "stage", id, progress: { done, total, what } }),
    onPlan: ({ microBatch }) => {
      const { batch } = request;
      if (request.microBatch === 0 && microBatch < batch) onEvent?.({ type: "passes", id, batch, microBatch });
    },
  });
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
