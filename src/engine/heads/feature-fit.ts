/**
 * Methods that compute their predictor from features, which are computed once, instead of training
 * it in steps.
 */
import type { LinearHead } from "./logistic";
import { type Matrix, matrix } from "./matrix";
import { logLoss, softmaxed } from "./softmax";

/**
 * - logistic: scikit-learn's logistic regression with inverse penalty C, or with the C that does
 *   best on validation images
 * - training-free: computed at once; `hasHead` where the predictor is a linear head
 */
export type FeatureFit =
  | { kind: "logistic"; C: number; search: boolean }
  | { kind: "training-free"; hasHead: boolean; fit: (problem: FitProblem) => Promise<FeaturePredictor> };

/** Images by their features. */
export interface LabelledFeatures {
  /** [n, D], finite. */
  features: Matrix;
  /** [n] class indices. */
  labels: readonly number[];
}

export interface FitProblem {
  /** Training images. Their order breaks ties. */
  train: LabelledFeatures;
  /** Images by which settings are chosen; null if there are none. */
  val: LabelledFeatures | null;
  classes: number;
  /** [C] class weights of training, and of the validation loss; each ≥ 0. */
  weights: readonly number[];
  valWeights: readonly number[];
  /** Long work awaits this between its parts. It throws when the work was cancelled. */
  turn: () => Promise<void>;
}

/** Settings that the validation loss chose, and the loss of each candidate. */
export interface Choice<S extends Readonly<Record<string, number>> = Readonly<Record<string, number>>> {
  chosen: S;
  candidates: { settings: S; valLoss: number }[];
}

export interface FeaturePredictor {
  /**
   * Logits [n, C] of features [n, D]; −Infinity for a class that is impossible. Each row depends on
   * its own features only.
   */
  logits(features: Matrix): Matrix;
  /**
   * The same predictor as a linear head, if it is one. Logits may differ by a constant that all
   * classes share.
   */
  head: LinearHead | null;
  /** Count of numbers that the predictor stores. */
  storedNumbers: number;
  /** In the order in which they were chosen. */
  choices: Choice[];
  /** What a reader of the result should know, one sentence each. */
  warnings: string[];
}

/** Rows that are computed before the next `turn`. */
const BLOCK = 64;

/** Applies f to all rows [n, D], block by block. */
export async function byBlocks(x: Matrix, f: (part: Matrix) => Matrix, turn: FitProblem["turn"]): Promise<Matrix> {
  let out: Matrix | null = null;
  for (let from = 0; from < x.rows; from += BLOCK) {
    await turn();
    const rows = Math.min(BLOCK, x.rows - from);
    const part = f(matrix(rows, x.columns, x.data.subarray(from * x.columns, (from + rows) * x.columns)));
    out ??= matrix(x.rows, part.columns);
    out.data.set(part.data, from * part.columns);
  }
  return out ?? f(x);
}

/**
 * Finds the settings with the lowest validation loss, the first of equals.
 *
 * @param candidates at least one
 * @param logitsOf the validation images' logits [n, C] with some settings
 */
export async function choose<S extends Readonly<Record<string, number>>>(
  candidates: readonly S[],
  logitsOf: (settings: S) => Matrix,
  { val, valWeights, turn }: Pick<FitProblem, "valWeights" | "turn"> & { val: LabelledFeatures },
): Promise<Choice<S>> {
  const weights = val.labels.map((label) => valWeights[label]);
  const tried: Choice<S>["candidates"] = [];
  for (const settings of candidates) {
    await turn();
    tried.push({ settings, valLoss: logLoss(softmaxed(logitsOf(settings)), val.labels, weights) });
  }
  return { chosen: tried.reduce((a, b) => (b.valLoss < a.valLoss ? b : a)).settings, candidates: tried };
}
