/**
 * How a method finds its predictor from features that were computed once, where it does so without
 * training steps.
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
  /** Training images; their order decides between equals. */
  train: LabelledFeatures;
  /** Images to choose settings by; null where there are none. */
  val: LabelledFeatures | null;
  classes: number;
  /** [C] class weights of training, and of the validation loss; each ≥ 0. */
  weights: readonly number[];
  valWeights: readonly number[];
  /** Awaited between parts of long work; throws when it was cancelled. */
  turn: () => Promise<void>;
}

/** Settings that were chosen by the validation loss, and how each of them did. */
export interface Choice<S extends Readonly<Record<string, number>> = Readonly<Record<string, number>>> {
  chosen: S;
  candidates: { settings: S; valLoss: number }[];
}

export interface FeaturePredictor {
  /**
   * Logits [n, C] of features [n, D]; −Infinity for a class that cannot be. Row by row: parts give
   * the same numbers.
   */
  logits(features: Matrix): Matrix;
  /** The same as a head, where it is one: logits may differ by what all classes share. */
  head: LinearHead | null;
  /** Numbers that it keeps to predict with. */
  storedNumbers: number;
  /** In the order of choosing. */
  choices: Choice[];
  /** What a reader of the result should know, each in a sentence. */
  warnings: string[];
}

/** Rows that are computed between two turns. */
const BLOCK = 64;

/** f of all rows [n, D], some at a time. */
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
 * The settings with the lowest validation loss, the first of equals.
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
