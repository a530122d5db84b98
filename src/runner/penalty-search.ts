/** The penalty of a probe, chosen by the loss on images that the fits have not seen. */
import type { OnProgress } from "../base/progress";
import type { RunRecord } from "../bench/record";
import {
  applyHead,
  createLogisticSolver,
  type LinearHead,
  type LogisticFit,
  type LogisticPath,
  SEARCH_TOLERANCE,
} from "../engine/fit/logistic";
import type { Matrix } from "../engine/fit/matrix";
import { logLoss, softmaxed } from "../engine/fit/softmax";

export type Penalty = NonNullable<RunRecord["penalty"]>;

/** Images as a fit reads them. */
export interface Rows {
  /** [n, D] */
  features: Matrix;
  /** [n] */
  labels: readonly number[];
  /** [n] weights of the images' losses, ≥ 0. */
  weights: readonly number[];
}

/** Images to fit, and others to judge the fit by. */
export interface Trial {
  train: Rows;
  held: Rows;
}

/** Penalties that a search tries, from strong to weak: half decades from 1e-4 to 1e4. */
export const searchedC = Array.from({ length: 17 }, (_, k) => 10 ** (k / 2 - 4));

interface Search {
  /** One with held-out validation images, or one per fold of a cross-validation. */
  trials: readonly Trial[];
  classes: number;
  /** Lets messages in between iterations; throws when aborted. */
  turn: () => Promise<void>;
  onProgress?: OnProgress;
}

/**
 * The C of the lowest loss over the held images of all trials.
 *
 * @returns with whether every fit converged
 * @throws RadaptError `fit.one-class`
 */
export async function searchPenalty(search: Search): Promise<{ penalty: Penalty; converged: boolean }> {
  const { trials, classes, turn, onProgress } = search;
  const total = trials.length * searchedC.length;
  const losses = searchedC.map(() => 0);
  let [done, weight, converged] = [0, 0, true];
  for (const { train, held } of trials) {
    const path = createLogisticSolver({ ...train, classes }).path(SEARCH_TOLERANCE);
    const share = held.weights.reduce((sum, s) => sum + s, 0);
    for (const [k, C] of searchedC.entries()) {
      onProgress?.({ done: done++, total, what: "Choosing the penalty" });
      const fit = await solve(path, C, turn);
      converged &&= fit.converged;
      losses[k] += share * lossOf(probabilitiesOf(fit.head, held), held);
    }
    weight += share;
  }
  const candidates = searchedC.map((C, k) => ({ C, valLoss: losses[k] / weight }));
  // The first of equals has the strongest penalty.
  const best = candidates.reduce((a, b) => (b.valLoss < a.valLoss ? b : a));
  const penalty = { chosen: best.C, candidates, ...(trials.length > 1 && { innerFolds: trials.length }) };
  return { penalty, converged };
}

/** A fit that others get their turn beside. */
export async function solve(
  path: LogisticPath,
  C: number,
  turn: () => Promise<void>,
  onIteration?: (head: () => LinearHead) => void,
): Promise<LogisticFit> {
  const steps = path.iterate(C);
  for (let next = steps.next(); ; next = steps.next()) {
    await turn();
    if (next.done) return next.value;
    onIteration?.(next.value);
  }
}

/** [n, C] */
export const probabilitiesOf = (head: LinearHead, { features }: Pick<Rows, "features">): Matrix =>
  softmaxed(applyHead(head, features));

export const lossOf = (probabilities: Matrix, { labels, weights }: Pick<Rows, "labels" | "weights">): number =>
  logLoss(probabilities, labels, weights);
