/**
 * The training loop: epochs, schedule, validation, early stopping, the best snapshot. It knows
 * neither methods nor stores.
 */
import { createPrng, type Prng, RadaptError } from "../base";
import { metricOf } from "../bench/metrics";
import type { EpochPoint } from "../bench/record";
import { epochOrder, samplingStream } from "../bench/sampling";
import { median } from "../bench/stats/summary";
import type { Training } from "../bench/training";
import { lossTargets, oneHot } from "../engine/training/targets";
import type { StepBatch, Trainer } from "../engine/types";
import { type Augment, repeatsOf } from "./augment";
import { predictAll, softmaxRows, weightedCrossEntropy } from "./evaluate";
import type { Clock } from "./events";
import type { TrainerInputs } from "./inputs";
import { drawMix, mixed } from "./mixup";
import { createSchedule, type Schedule } from "./schedule";

export interface Labelled {
  names: readonly string[];
  /** Class index of each. */
  labels: readonly number[];
}

export interface TrainingJob {
  trainer: Trainer;
  inputs: TrainerInputs;
  train: Labelled;
  /** May be empty; training then does not stop early and keeps the last epoch. */
  val: Labelled;
  /** Images per step. */
  batch: number;
  classes: number;
  /** [C] class weights of the training loss. */
  weights: readonly number[];
  /**
   * [C] class weights of the validation loss, which is cross-entropy whatever the training loss is.
   */
  valWeights: readonly number[];
  training: Training;
  /** Augments the training images, where the run asks for it. Steps then read images. */
  augment?: Augment;
  seed: number;
  clock: Clock;
  signal?: AbortSignal;
  onEpoch?: (point: EpochPoint) => void;
}

export interface TrainingOutcome {
  curve: EpochPoint[];
  /** Number of epochs trained. */
  epochs: number;
  /** Epoch, from 1, whose trainables the trainer holds at the end. */
  bestEpoch: number;
  steps: number;
  /** Number of steps that overflowed in half precision and changed nothing. */
  overflows?: number;
  /**
   * Median time of a step, ms, over the stretches between points of the curve; without validation.
   */
  msPerStep: number;
}

/**
 * Steps between waits for the device. The queue stays short, and a cancel takes effect within as
 * many steps.
 */
const stepsPerWait = 8;
/**
 * Number of points of the curve where training never stops early. Each costs a prediction of all
 * validation images.
 */
const curvePoints = 30;

/**
 * Trains from the trainer's present state. With `patience` > 0 and validation images, stops after
 * that many epochs without a lower validation loss and restores the best epoch. Otherwise trains
 * all epochs and keeps the last one.
 *
 * @throws RadaptError `train.diverged` when a loss is not a finite number; the signal's reason when
 *   aborted
 */
export async function trainModel(job: TrainingJob): Promise<TrainingOutcome> {
  const { trainer, training, train, val, batch, signal, clock } = job;
  const stepsPerEpoch = Math.ceil(train.names.length / batch);
  const schedule = createSchedule(training, stepsPerEpoch * training.epochs);
  const sampling = samplingStream(job.seed, training.sampling);
  const mixing = createPrng(job.seed, "mixup");
  const stops = training.patience > 0 && val.names.length > 0;
  const every = stops ? 1 : Math.ceil(training.epochs / curvePoints);
  const stepTimes: number[] = [];
  const curve: EpochPoint[] = [];
  let best = { epoch: 0, loss: Number.POSITIVE_INFINITY };
  let steps = 0;
  let epoch = 0;
  let since = { time: clock.now(), steps: 0 };
  while (epoch < training.epochs) {
    epoch++;
    const order = epochOrder(train.labels, training.sampling, sampling);
    await runEpoch(job, { number: epoch, order, mixing, schedule, first: steps });
    steps += stepsPerEpoch;
    const reported = epoch % every === 0 || epoch === training.epochs || epoch === 1;
    if (!reported) continue;
    const losses = await trainer.losses();
    stepTimes.push((clock.now() - since.time) / (steps - since.steps));
    signal?.throwIfAborted();
    const point = { epoch, trainLoss: meanLoss(losses, stepsPerEpoch), ...(await validate(job)) };
    assertFinite(point, training);
    schedule.epochDone(point.valLoss);
    curve.push(point);
    job.onEpoch?.(point);
    since = { time: clock.now(), steps };
    if (!stops) continue;
    if (point.valLoss! < best.loss) {
      best = { epoch, loss: point.valLoss! };
      trainer.snapshot();
    } else if (epoch - best.epoch >= training.patience) break;
  }
  if (stops && best.epoch > 0 && best.epoch < epoch) trainer.restore();
  const overflows = await trainer.overflows();
  const bestEpoch = stops ? best.epoch : epoch;
  return { curve, epochs: epoch, bestEpoch, steps, overflows, msPerStep: median(stepTimes) };
}

interface Epoch {
  /** Counts from 1. */
  number: number;
  /** Indices into the training images. */
  order: readonly number[];
  mixing: Prng;
  schedule: Schedule;
  /** Number of steps before it. */
  first: number;
}

/** Reads and augments the next batch while the device still computes the present step. */
async function runEpoch(job: TrainingJob, { number, order, mixing, schedule, first }: Epoch): Promise<void> {
  const { trainer, inputs, train, batch, training, augment, signal } = job;
  const repeats = repeatsOf(order);
  const prepare = async (start: number) => {
    const names = order.slice(start, start + batch).map((i) => train.names[i]);
    const data = await inputs.gather(names, signal);
    const visits = names.map((name, i) => ({ name, repeat: repeats[start + i] }));
    await augment?.(data[0], visits, number, signal);
    return data;
  };
  const ahead = (start: number) => {
    const data = prepare(start);
    // Another error may end the loop before this one is awaited; it must not count as unhandled.
    data.catch(() => undefined);
    return data;
  };
  let next = ahead(0);
  for (let start = 0, step = first; start < order.length; start += batch, step++) {
    signal?.throwIfAborted();
    const data = await next;
    const labels = order.slice(start, start + batch).map((i) => train.labels[i]);
    const factor = schedule.at(step);
    trainer.step(stepBatch(job, data, labels, mixing), {
      adapter: training.lr * factor,
      head: training.headLr * factor,
    });
    if (start + batch < order.length) next = ahead(start + batch);
    if (step % stepsPerWait === stepsPerWait - 1) await trainer.idle();
  }
}

/** Mixup mixes images, so a trainer that reads the frozen part's cached outputs cannot mix. */
export const mixesImages = ({ trainer, training }: Pick<TrainingJob, "trainer" | "training">): boolean =>
  training.mixup > 0 && !trainer.cut;

/**
 * The batch with its targets: mixed where the run asks for it, labels smoothed, classes weighted.
 */
function stepBatch(job: TrainingJob, inputs: Float32Array[], labels: readonly number[], mixing: Prng): StepBatch {
  const { weights, classes, training } = job;
  const shares = oneHot(labels, classes);
  if (!mixesImages(job)) return { inputs, ...lossTargets(shares, weights, training.labelSmoothing) };
  const mix = drawMix(mixing, training.mixup, labels.length);
  const targets = lossTargets(mixed(shares, mix), weights, training.labelSmoothing);
  return { inputs: inputs.map((data) => mixed(data, mix)), ...targets };
}

async function validate(job: TrainingJob): Promise<{ valLoss: number | null; valMcc: number | null }> {
  const { trainer, inputs, val, classes, batch, valWeights, signal } = job;
  if (val.names.length === 0) return { valLoss: null, valMcc: null };
  const logits = await predictAll(trainer, inputs, val.names, classes, batch, signal);
  const input = { truth: val.labels, probabilities: softmaxRows(logits, classes), classes };
  const mcc = metricOf("matthews_corrcoef").compute(input);
  return { valLoss: weightedCrossEntropy(logits, val.labels, valWeights), valMcc: Number.isNaN(mcc) ? null : mcc };
}

/** Mean over the last epoch's steps. The trainer may report several epochs at once. */
function meanLoss(losses: Float32Array, steps: number): number {
  const last = losses.subarray(Math.max(0, losses.length - steps));
  return last.reduce((sum, loss) => sum + loss, 0) / last.length;
}

function assertFinite(point: EpochPoint, training: Training): void {
  if (Number.isFinite(point.trainLoss) && (point.valLoss === null || Number.isFinite(point.valLoss))) return;
  throw new RadaptError("Training diverged: the loss is no longer a number.", {
    code: "train.diverged",
    where: `epoch ${point.epoch}`,
    expected: "a finite loss",
    got: `training ${point.trainLoss}, validation ${point.valLoss}`,
    remedy:
      `Lower the learning rates (now ${training.lr} and ${training.headLr} for the head) or lengthen the warm-up` +
      (training.precision === "f16" ? "; or train with precision f32, whose numbers reach further." : "."),
  });
}
