/** Chooses the penalty of a probe by the loss on images that the fits have not seen. */
import type { OnProgress } from "../base/progress";
import type { RunRecord } from "../bench/record";
import {
  applyHead,
  createLogisticSolver,
  type LinearHead,
  type LogisticFit,
  type LogisticPath,
  SEARCH_TOLERANCE,
} from "../engine/heads/logistic";
import type { Matrix } from "../engine/heads/matrix";
import { logLoss, softmaxed } from "../engine/heads/softmax";

export type Penalty = NonNullable<RunRecord["penalty"]>;

/** Images of a fit, by their features. */
export interface FeatureRows {
  /** [n, D] */
  features: Matrix;
  /** [n] */
  labels: readonly number[];
  /** [n] weights of the images' losses, ≥ 0. */
  weights: readonly number[];
}

/** Images to fit, and held-out images to measure the fit on. */
export interface PenaltyTrial {
  train: FeatureRows;
  held: FeatureRows;
}

/**
 * Values of C that a search tries in turn, from strong to weak penalty: half decades from 1e-4 to
 * 1e4.
 */
export const searchedC = Array.from({ length: 17 }, (_, k) => 10 ** (k / 2 - 4));

/**
 * A loss above this many times the lowest one ends the search. With a weaker penalty a fit only
 * becomes surer of its mistakes, and takes ever more iterations. On real features (40 runs of chest
 * radiographs, 8 shots to 431 images) no loss fell again after its minimum, so the whole list gave
 * the same choices.
 */
const MAX_LOSS_RATIO = 2;

interface PenaltySearch {
  /** One where there are validation images, else one per fold of a cross-validation. */
  trials: readonly PenaltyTrial[];
  classes: number;
  /** Yields to the event loop between iterations; throws when aborted. */
  turn: () => Promise<void>;
  onProgress?: OnProgress;
}

/**
 * Chooses the C with the lowest mean loss over the held-out images of all trials, the strongest
 * penalty among equals. Tries `searchedC` in turn, up to where no lower loss is to be expected.
 *
 * @returns also whether every fit converged
 * @throws RadaptError `fit.one-class`
 */
export async function searchPenalty(search: PenaltySearch): Promise<{ penalty: Penalty; converged: boolean }> {
  const { trials, classes, turn, onProgress } = search;
  const paths = trials.map(({ train }) => createLogisticSolver({ ...train, classes }).path(SEARCH_TOLERANCE));
  const shares = trials.map(({ held }) => held.weights.reduce((sum, s) => sum + s, 0));
  const whole = shares.reduce((sum, s) => sum + s, 0);
  const candidates: Penalty["candidates"] = [];
  let best = { C: searchedC[0], valLoss: Number.POSITIVE_INFINITY };
  let converged = true;
  for (const [done, C] of searchedC.entries()) {
    onProgress?.({ done, total: searchedC.length, what: "Choosing the penalty" });
    let valLoss = 0;
    for (const [k, { held }] of trials.entries()) {
      const fit = await solve(paths[k], C, turn);
      converged &&= fit.converged;
      valLoss += (shares[k] / whole) * logLossOf(probabilitiesOf(fit.head, held), held);
    }
    candidates.push({ C, valLoss });
    if (valLoss < best.valLoss) best = { C, valLoss };
    if (valLoss > MAX_LOSS_RATIO * best.valLoss) break;
  }
  const penalty = { chosen: best.C, candidates, ...(trials.length > 1 && { innerFolds: trials.length }) };
  return { penalty, converged };
}

/** Iterates a fit to its end and yields to the event loop between iterations. */
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
export const probabilitiesOf = (head: LinearHead, { features }: Pick<FeatureRows, "features">): Matrix =>
  softmaxed(applyHead(head, features));

export const logLossOf = (
  probabilities: Matrix,
  { labels, weights }: Pick<FeatureRows, "labels" | "weights">,
): number => logLoss(probabilities, labels, weights);
