/** A head found by logistic regression on features computed once: no steps, no learning rate, the optimum itself. */
import { inTurns } from "../base";
import type { OnProgress } from "../base/progress";
import { metricOf } from "../bench/metrics";
import type { EpochPoint, RunRecord } from "../bench/record";
import { applyHead, createLogisticSolver, type LinearHead, type LogisticFit } from "../engine/fit/logistic";
import { type Matrix, matrix, rowOf } from "../engine/fit/matrix";
import { logLoss, softmaxed } from "../engine/fit/softmax";
import type { Trainer } from "../engine/types";
import type { Clock } from "./events";
import type { Labelled, TrainingOutcome } from "./train";

export type Penalty = NonNullable<RunRecord["penalty"]>;

/** Images to learn from, by their features. */
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
  /** scikit-learn's C; what `search` falls back on without validation images. */
  C: number;
  /** Chooses C by the validation loss. */
  search: boolean;
  clock: Clock;
  onProgress?: OnProgress;
}

export interface Probe {
  /** On standardised features. */
  head: LinearHead;
  outcome: TrainingOutcome;
  penalty?: Penalty;
  /** Of every fit, the search's among them. */
  converged: boolean;
  /** As the method asked. */
  search: boolean;
  /** Logits [n, C] of images by name. */
  logits(names: readonly string[]): Promise<Float32Array>;
}

/** Penalties that a search tries, from strong to weak: half decades from 1e-4 to 1e4. */
export const searchedC = Array.from({ length: 17 }, (_, k) => 10 ** (k / 2 - 4));

/** Iterations whose state is kept for the curve; of later ones every tenth. */
const curvePoints = 20;

/** The problem that the training images pose, solved for one C after another. */
function problemOf(job: FeatureJob) {
  const { train, classes, weights, signal } = job;
  const rowsOf = (names: readonly string[]) => standardized(names, job);
  const trained = { features: rowsOf(train.names), labels: train.labels, weights: train.labels.map((c) => weights[c]) };
  const solver = createLogisticSolver({ ...trained, classes });
  const turn = inTurns(signal);
  const solve = async (C: number, start?: Float64Array, onIteration?: (head: () => LinearHead) => void) => {
    const steps = solver.iterate(C, start);
    for (let next = steps.next(); ; next = steps.next()) {
      await turn();
      if (next.done) return next.value;
      onIteration?.(next.value);
    }
  };
  return { rowsOf, trained, solve };
}

/** The head that fine-tuning starts from: scikit-learn's default penalty, nothing held out. @throws as `fitProbe` */
export async function startingHead(job: FeatureJob): Promise<LinearHead> {
  return (await problemOf(job).solve(1)).head;
}

/** @throws RadaptError `fit.one-class`; the signal's reason when aborted */
export async function fitProbe(job: ProbeJob): Promise<Probe> {
  const { val, classes, clock, onProgress } = job;
  const started = clock.now();
  const { rowsOf, trained, solve } = problemOf(job);
  const held = {
    features: rowsOf(val.names),
    labels: val.labels,
    weights: val.labels.map((label) => job.valWeights[label]),
  };
  const probabilitiesOf = (head: LinearHead, { features }: typeof held) => softmaxed(applyHead(head, features));
  const lossOf = (probabilities: Matrix, { labels, weights }: typeof held) => logLoss(probabilities, labels, weights);
  let converged = true;

  const search = async (): Promise<Penalty> => {
    const candidates: Penalty["candidates"] = [];
    let last: LogisticFit | undefined;
    for (const [done, C] of searchedC.entries()) {
      onProgress?.({ done, total: searchedC.length, what: "Choosing the penalty" });
      last = await solve(C, last?.state);
      converged &&= last.converged;
      candidates.push({ C, valLoss: lossOf(probabilitiesOf(last.head, held), held) });
    }
    // The first of equals has the strongest penalty.
    const best = candidates.reduce((a, b) => (b.valLoss < a.valLoss ? b : a));
    return { chosen: best.C, candidates };
  };
  const penalty = job.search && val.names.length > 0 ? await search() : undefined;

  const curve: EpochPoint[] = [];
  const report = (epoch: number, head: LinearHead) => {
    const trainLoss = lossOf(probabilitiesOf(head, trained), trained);
    if (val.names.length === 0) return void curve.push({ epoch, trainLoss, valLoss: null, valMcc: null });
    const rows = probabilitiesOf(head, held);
    const probabilities = val.names.map((_, i) => Array.from(rowOf(rows, i)));
    const mcc = metricOf("matthews_corrcoef").compute({ truth: val.labels, probabilities, classes });
    curve.push({ epoch, trainLoss, valLoss: lossOf(rows, held), valMcc: Number.isNaN(mcc) ? null : mcc });
  };
  let iteration = 0;
  const fit = await solve(penalty?.chosen ?? job.C, undefined, (head) => {
    iteration++;
    if (iteration <= curvePoints || iteration % 10 === 0) report(iteration, head());
  });
  converged &&= fit.converged;
  const epochs = Math.max(1, fit.iterations);
  if (curve.at(-1)?.epoch !== epochs) report(epochs, fit.head);
  const msPerStep = (clock.now() - started) / epochs;
  return {
    head: fit.head,
    outcome: { curve, epochs, bestEpoch: epochs, steps: fit.iterations, msPerStep },
    ...(penalty && { penalty }),
    ...{ converged, search: job.search },
    logits: async (names) => Float32Array.from(applyHead(fit.head, rowsOf(names)).data),
  };
}

/**
 * scikit-learn's C for a coupled penalty l2/2·‖W‖² on the mean loss with a row of weights for each class. Two classes have
 * one row in scikit-learn, whose square is twice that of the two halves.
 */
export function cOf(l2: number, { labels }: Labelled, weights: readonly number[]): number {
  const total = labels.reduce((sum, label) => sum + weights[label], 0);
  return (weights.length === 2 ? 2 : 1) / (l2 * total);
}

/** Puts the head into the trainer; everything else takes its initial value, and standardisation is to be set anew. */
export function setHead(trainer: Trainer, { weight, bias }: LinearHead): void {
  const named = trainer.trainables.filter(({ group }) => group === "head");
  const tensors = named.map(({ name, shape }) => ({
    name,
    shape,
    data: Float32Array.from(shape.length === 2 ? weight.data : bias),
  }));
  trainer.importTrainables(tensors, { partial: true });
}

/** Features [n, D] as the head reads them. */
export function standardized(
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
