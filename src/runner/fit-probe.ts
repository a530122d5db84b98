/** A head found by logistic regression on features computed once: no steps, no learning rate, the optimum itself. */
import { metricOf } from "../bench/metrics";
import type { EpochPoint, RunRecord } from "../bench/record";
import { applyHead, createLogisticSolver, type LinearHead, type LogisticFit } from "../engine/fit/logistic";
import { type Matrix, matrix, rowOf } from "../engine/fit/matrix";
import { logLoss, softmaxed } from "../engine/fit/softmax";
import type { Trainer } from "../engine/types";
import type { Clock } from "./events";
import type { Labelled, TrainingOutcome } from "./train";

export type Penalty = NonNullable<RunRecord["penalty"]>;

export interface ProbeJob {
  /** Image name → feature [D]. */
  features: ReadonlyMap<string, Float32Array>;
  /** Standardisation of the features, both [D]; null where there is none. */
  scale: { mean: Float32Array; std: Float32Array } | null;
  train: Labelled;
  val: Labelled;
  classes: number;
  /** [C] class weights of the training and of the validation loss. */
  weights: readonly number[];
  valWeights: readonly number[];
  /** scikit-learn's C; what `search` falls back on without validation images. */
  C: number;
  /** Chooses C by the validation loss. */
  search: boolean;
  clock: Clock;
  signal?: AbortSignal;
  onEpoch?: (point: EpochPoint) => void;
}

export interface Probe {
  /** On standardised features. */
  head: LinearHead;
  outcome: TrainingOutcome;
  penalty?: Penalty;
  converged: boolean;
  /** As the method asked. */
  search: boolean;
  /** Logits [n, C] of images by name. */
  logits(names: readonly string[]): Float32Array;
}

/** Penalties that a search tries, from strong to weak: half decades from 1e-4 to 1e4. */
export const searchedC = Array.from({ length: 17 }, (_, k) => 10 ** (k / 2 - 4));

/** Iterations whose state is kept for the curve; of later ones every tenth. */
const curvePoints = 20;

/** @throws RadaptError `fit.one-class`; the signal's reason when aborted */
export function fitProbe(job: ProbeJob): Probe {
  const { train, val, classes, clock, signal } = job;
  const started = clock.now();
  const rowsOf = (names: readonly string[]) => standardized(names, job);
  const weightsOf = ({ labels }: Labelled, by: readonly number[]) => labels.map((label) => by[label]);
  const trained = { features: rowsOf(train.names), labels: train.labels, weights: weightsOf(train, job.weights) };
  const held = { features: rowsOf(val.names), labels: val.labels, weights: weightsOf(val, job.valWeights) };
  const solver = createLogisticSolver({ ...trained, classes });
  const lossOf = (head: LinearHead, part: typeof held) =>
    logLoss(softmaxed(applyHead(head, part.features)), part.labels, part.weights);

  const search = (): Penalty => {
    const candidates: Penalty["candidates"] = [];
    let last: LogisticFit | undefined;
    for (const C of searchedC) {
      signal?.throwIfAborted();
      last = solver.fit(C, last?.state);
      candidates.push({ C, valLoss: lossOf(last.head, held) });
    }
    // The first of equals has the strongest penalty.
    const best = candidates.reduce((a, b) => (b.valLoss < a.valLoss ? b : a));
    return { chosen: best.C, candidates };
  };
  const penalty = job.search && val.names.length > 0 ? search() : undefined;

  const curve: EpochPoint[] = [];
  const pointOf = (epoch: number, head: LinearHead): EpochPoint => {
    const point = { epoch, trainLoss: lossOf(head, trained), valLoss: null, valMcc: null };
    if (val.names.length === 0) return point;
    const rows = softmaxed(applyHead(head, held.features));
    const probabilities = val.names.map((_, i) => Array.from(rowOf(rows, i)));
    const mcc = metricOf("matthews_corrcoef").compute({ truth: val.labels, probabilities, classes });
    return { ...point, valLoss: lossOf(head, held), valMcc: Number.isNaN(mcc) ? null : mcc };
  };
  const report = (point: EpochPoint) => {
    curve.push(point);
    job.onEpoch?.(point);
  };
  const fit = solver.fit(penalty?.chosen ?? job.C, undefined, (iteration, head) => {
    signal?.throwIfAborted();
    if (iteration > 0 && (iteration <= curvePoints || iteration % 10 === 0)) report(pointOf(iteration, head()));
  });
  const epochs = Math.max(1, fit.iterations);
  if (curve.at(-1)?.epoch !== epochs) report(pointOf(epochs, fit.head));
  const msPerStep = (clock.now() - started) / epochs;
  return {
    head: fit.head,
    outcome: { curve, epochs, bestEpoch: epochs, steps: fit.iterations, msPerStep },
    ...(penalty && { penalty }),
    ...{ converged: fit.converged, search: job.search },
    logits: (names) => Float32Array.from(applyHead(fit.head, rowsOf(names)).data),
  };
}

/** The probe that fine-tuning starts from: scikit-learn's default penalty, nothing held out. */
export const startingProbe = { C: 1, search: false, val: { names: [], labels: [] } } as const;

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
function standardized(names: readonly string[], { features, scale }: Pick<ProbeJob, "features" | "scale">): Matrix {
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
