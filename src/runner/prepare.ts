/**
 * The first step of a run: splits the images, takes a trainer, and makes ready what the trainer
 * reads.
 */
import { classWeights, countsOf, validationWeights } from "../bench/class-weights";
import type { RunRecord } from "../bench/record";
import { type Split, splitRun } from "../bench/split";
import type { ImageRow } from "../data/types";
import { type PreparedInputs, prepareInputs } from "./prepare-inputs";
import type { IdentifiedRun } from "./resolve";
import type { RunContext } from "./run-context";
import type { Labelled } from "./train";
import type { PooledTrainer } from "./trainer-pool";
import { trainerRequest } from "./trainer-request";

/** A run's images, by their part of the split. */
export interface RunData {
  split: Split;
  train: Labelled;
  val: Labelled;
  test: Labelled;
  /** [C] numbers of training images, as in a record. */
  trainCounts: NonNullable<RunRecord["trainCounts"]>;
  /** Number of classes, C. */
  classes: number;
  imageOf(name: string): ImageRow;
}

export interface PreparedRun extends RunData, PreparedInputs, PooledTrainer {
  /** [C] class weights of the training loss. */
  weights: readonly number[];
  /** [C] class weights of the validation loss. */
  valWeights: readonly number[];
}

export async function prepareRun(run: IdentifiedRun, context: RunContext): Promise<PreparedRun> {
  const { training } = run.config;
  const data = splitData(run, context);
  const { train, classes } = data;
  const weights = classWeights(train.labels, classes, training.classWeights, training.effectiveBeta);
  const valWeights = validationWeights(train.labels, classes, training);
  const pooled = await takeTrainer(run, context, train.names.length);
  const inputs = await prepareInputs(run, context, pooled, data);
  context.signal?.throwIfAborted();
  return { ...data, ...pooled, ...inputs, weights, valWeights };
}

export function splitData({ config }: IdentifiedRun, { dataset: { row } }: Pick<RunContext, "dataset">): RunData {
  const split = splitRun(row, config);
  const images = new Map(row.images.map((image) => [image.name, image]));
  const imageOf = (name: string) => images.get(name)!;
  const labelled = (names: readonly string[]): Labelled => ({
    names,
    labels: names.map((name) => imageOf(name).label),
  });
  const counts = (names: readonly string[]) => countsOf(labelled(names).labels, row.classes.length);
  const { train: part } = config.regime === "full" ? split : splitRun(row, { ...config, regime: "full" });
  return {
    split,
    train: labelled(split.train),
    val: labelled(split.val),
    test: labelled(split.test),
    trainCounts: { used: counts(split.train), part: counts(part) },
    classes: row.classes.length,
    imageOf,
  };
}

/**
 * Emits an event where memory, and not the configuration, makes the micro-batch smaller than the
 * batch.
 */
function takeTrainer(
  { config, id }: IdentifiedRun,
  { trainers, backbone, signal, onEvent, dataset: { row } }: RunContext,
  trainImages: number,
): Promise<PooledTrainer> {
  const request = trainerRequest(config, { classes: row.classes.length, images: row.images.length, trainImages });
  return trainers.take({
    ...request,
    backbone,
    signal,
    seed: config.seed,
    onProgress: (done, total, what) => onEvent?.({ type: "stage", id, progress: { done, total, what } }),
    onPlan: ({ microBatch }) => {
      const { batch } = request;
      if (request.microBatch === 0 && microBatch < batch) onEvent?.({ type: "micro-batch", id, batch, microBatch });
    },
  });
}
