/**
 * Finds a head by logistic regression on cached features. The solver reaches the optimum, so there
 * are no steps and no learning rate.
 */
import { eventLoopYielder } from "../base";
import type { OnProgress } from "../base/progress";
import { innerFolds } from "../bench/inner-folds";
import { metricOf } from "../bench/metrics";
import type { EpochPoint } from "../bench/record";
import { ABSENT, applyHead, createLogisticSolver, type LinearHead, type LogisticFit } from "../engine/heads/logistic";
import { type Matrix, matrix, rowOf } from "../engine/heads/matrix";
import type { Trainer } from "../engine/types";
import type { Clock } from "./events";
import {
  type FeatureRows,
  logLossOf,
  type Penalty,
  type PenaltyTrial,
  probabilitiesOf,
  searchPenalty,
  solve,
} from "./penalty-search";
import type { Labelled, TrainingOutcome } from "./train";

/** Training images, by their features. */
export interface FeatureJob {
  /** Image name → feature [D]. */
  features: ReadonlyMap<string, Float32Array>;
  /** Standardisation of the features, both [D]; null where there is none. */
  scale: { mean: Float32Array; std: Float32Array } | null;
  train: Labelled;
  classes: number;
  /** [C] class weights of training. */
  weights: readonly number[];
  signal?: AbortSignal;
}

export interface ProbeJob extends FeatureJob {
  val: Labelled;
  /** [C] class weights of the validation loss. */
  valWeights: readonly number[];
  /** scikit-learn's C. With `search` it applies only where no images can be held out. */
  C: number;
  /**
   * Whether to choose C by the validation loss, or, without validation images, by cross-validation
   * of the training images.
   */
  search: boolean;
  /** The image's patient. No patient is on both sides of an inner fold. */
  patientOf(name: string): string;
  /** Seeds the inner folds. */
  seed: number;
  clock: Clock;
  onProgress?: OnProgress;
}

export interface Probe {
  /** On standardised features. */
  head: LinearHead;
  outcome: TrainingOutcome;
  penalty?: Penalty;
  /** Whether every fit converged, those of the search included. */
  converged: boolean;
  /** As in the job. */
  search: boolean;
  /** Logits [n, C] of images by name. */
  logits(names: readonly string[]): Promise<Float32Array>;
}

/** The curve has a point for each of these first iterations, then for every tenth. */
const firstIterations = 20;

/** Features, labels and class weights of these training images. */
function trainingRows({ names, labels }: Labelled, job: FeatureJob): FeatureRows {
  return { features: standardizedFeatures(names, job), labels, weights: labels.map((label) => job.weights[label]) };
}

/**
 * The head that fine-tuning starts from: scikit-learn's default C, fitted to all training images.
 *
 * @throws as `fitProbe`
 */
export async function startingHead(job: FeatureJob): Promise<LinearHead> {
  const constant = constantHead(job);
  if (constant) return constant;
  const solver = createLogisticSolver({ ...trainingRows(job.train, job), classes: job.classes });
  return (await solve(solver.path(), 1, eventLoopYielder(job.signal))).head;
}

/**
 * The head where all training images are of one class, as a realistic few-shot draw may give: it
 * predicts that class. Null where there are several.
 */
function constantHead({ train, classes, features }: FeatureJob): LinearHead | null {
  const [label] = train.labels;
  if (label === undefined || train.labels.some((other) => other !== label)) return null;
  const [first] = features.values();
  const bias = new Float64Array(classes).fill(ABSENT);
  bias[label] = 0;
  return { weight: matrix(classes, first.length), bias };
}

/**
 * What a search measures on: the validation images, else folds of the training images. Empty where
 * a class has too few patients.
 */
function trialsOf(job: ProbeJob, trained: FeatureRows, held: FeatureRows): PenaltyTrial[] {
  if (job.val.names.length > 0) return [{ train: trained, held }];
  const { names, labels } = job.train;
  const images = names.map((name, i) => ({ name, patient: job.patientOf(name), label: labels[i] }));
  const rowsOf = (part: typeof images) =>
    trainingRows({ names: part.map(({ name }) => name), labels: part.map(({ label }) => label) }, job);
  return innerFolds(images, job.seed).map(({ train, held }) => ({ train: rowsOf(train), held: rowsOf(held) }));
}

/** @throws RadaptError `fit.one-class`; the signal's reason when aborted */
export async function fitProbe(job: ProbeJob): Promise<Probe> {
  const { val, classes, clock, onProgress, search } = job;
  const started = clock.now();
  const turn = eventLoopYielder(job.signal);
  const trained = trainingRows(job.train, job);
  const held: FeatureRows = {
    features: standardizedFeatures(val.names, job),
    labels: val.labels,
    weights: val.labels.map((label) => job.valWeights[label]),
  };
  const constant = constantHead(job);
  const trials = search && !constant ? trialsOf(job, trained, held) : [];
  const searched = trials.length > 0 ? await searchPenalty({ trials, classes, turn, onProgress }) : null;
  const penalty = searched?.penalty;
  const { fit, curve } = constant
    ? {
        fit: { head: constant, C: job.C, converged: true, iterations: 0, gradient: 0 },
        curve: [pointOf(1, constant, trained, held, classes)],
      }
    : await fitWithCurve(penalty?.chosen ?? job.C, trained, held, classes, turn);
  const epochs = epochsOf(fit);
  const msPerStep = (clock.now() - started) / epochs;
  return {
    head: fit.head,
    outcome: { curve, epochs, bestEpoch: epochs, steps: fit.iterations, msPerStep },
    ...(penalty && { penalty }),
    converged: fit.converged && (searched?.converged ?? true),
    search,
    logits: async (names) => Float32Array.from(applyHead(fit.head, standardizedFeatures(names, job)).data),
  };
}

/** A record has at least one epoch, also where the start is the optimum. */
const epochsOf = ({ iterations }: LogisticFit) => Math.max(1, iterations);

/** Fits a head and measures it on the way, once at the end in any case. */
async function fitWithCurve(
  C: number,
  trained: FeatureRows,
  held: FeatureRows,
  classes: number,
  turn: () => Promise<void>,
): Promise<{ fit: LogisticFit; curve: EpochPoint[] }> {
  const curve: EpochPoint[] = [];
  const measure = (epoch: number, head: LinearHead) => void curve.push(pointOf(epoch, head, trained, held, classes));
  let iteration = 0;
  const solver = createLogisticSolver({ ...trained, classes });
  const fit = await solve(solver.path(), C, turn, (head) => {
    iteration++;
    if (iteration <= firstIterations || iteration % 10 === 0) measure(iteration, head());
  });
  const epochs = epochsOf(fit);
  if (curve.at(-1)?.epoch !== epochs) measure(epochs, fit.head);
  return { fit, curve };
}

function pointOf(
  epoch: number,
  head: LinearHead,
  trained: FeatureRows,
  held: FeatureRows,
  classes: number,
): EpochPoint {
  const trainLoss = logLossOf(probabilitiesOf(head, trained), trained);
  if (held.labels.length === 0) return { epoch, trainLoss, valLoss: null, valMcc: null };
  const rows = probabilitiesOf(head, held);
  const probabilities = held.labels.map((_, i) => Array.from(rowOf(rows, i)));
  const mcc = metricOf("matthews_corrcoef").compute({ truth: held.labels, probabilities, classes });
  return { epoch, trainLoss, valLoss: logLossOf(rows, held), valMcc: Number.isNaN(mcc) ? null : mcc };
}

/**
 * scikit-learn's C that equals a penalty l2/2·‖W‖² on the mean loss with one row of W per class.
 * For two classes scikit-learn has a single row, the difference of ours, whose square is twice
 * theirs together.
 */
export function cOf(l2: number, { labels }: Labelled, weights: readonly number[]): number {
  const total = labels.reduce((sum, label) => sum + weights[label], 0);
  return (weights.length === 2 ? 2 : 1) / (l2 * total);
}

/**
 * Sets the trainer's head. All other trainables take their initial values, and the caller must set
 * the standardisation again.
 */
export function setHead(trainer: Trainer, { weight, bias }: LinearHead): void {
  const named = trainer.trainables.filter(({ group }) => group === "head");
  const tensors = named.map(({ name, shape }) => ({
    name,
    shape,
    data: Float32Array.from(shape.length === 2 ? weight.data : bias),
  }));
  trainer.importTrainables(tensors, { partial: true });
}

/** Features [n, D], standardised where the job has a scale. */
export function standardizedFeatures(
  names: readonly string[],
  { features, scale }: Pick<FeatureJob, "features" | "scale">,
): Matrix {
  const [first] = features.values();
  const out = matrix(names.length, first?.length ?? 0);
  names.forEach((name, i) => {
    const [feature, row] = [features.get(name)!, rowOf(out, i)];
    feature.forEach((v, d) => {
      row[d] = scale ? (v - scale.mean[d]) / scale.std[d] : v;
    });
  });
  return out;
}
