/**
 * What a metric is. Each one is a file of `metrics/`; the framework reads these facets and never
 * names a metric.
 */

/** Predictions of one run on its test images. */
export interface MetricInput {
  /** [n] class index of each image. */
  truth: ArrayLike<number>;
  /** [n][C], rows sum to 1. */
  probabilities: ArrayLike<ArrayLike<number>>;
  /** C. With two classes, class 1 is the positive one. */
  classes: number;
}

/** A golden value and the call that made it. */
export interface MetricCase {
  /** Name in metrics/fixtures/inputs.json. */
  input: string;
  expected: number;
  call: string;
}

export interface Metric {
  /** As in scikit-learn or torchmetrics. */
  id: string;
  /** Short, for a table's head, e.g. "PR-AUC". */
  label: string;
  direction: "higher" | "lower";
  /** Least and greatest value; Infinity where unbounded. */
  range: readonly [number, number];
  /** Place in lists and tables, smallest first. */
  rank: number;
  /** One or two sentences, with what several classes and undefined cases mean. */
  description: string;
  /**
   * What a classifier that knows nothing of the image gets, given [C] class shares; null if there
   * is no such line.
   */
  baseline: { label: string; of: (prevalence: readonly number[]) => number } | null;
  /**
   * The value, or NaN where undefined: no images, a class that it needs absent, a probability that
   * is not finite.
   */
  compute: (input: MetricInput) => number;
  cases: readonly MetricCase[];
}

/** Declares a metric; `compute` gets at least one image and finite probabilities only. */
export function defineMetric(metric: Metric): Metric {
  return { ...metric, compute: (input) => (isUsable(input) ? metric.compute(input) : Number.NaN) };
}

function isUsable({ truth, probabilities, classes }: MetricInput): boolean {
  for (let i = 0; i < truth.length; i++)
    for (let c = 0; c < classes; c++) if (!Number.isFinite(probabilities[i][c])) return false;
  return truth.length > 0;
}

/**
 * The default decision: the most probable class, the lowest index on a tie. With two classes that
 * is class 1 where its probability exceeds 0.5. No threshold is tuned, on test data or elsewhere.
 */
export function decide(probabilities: ArrayLike<number>): number {
  let best = 0;
  for (let c = 1; c < probabilities.length; c++) if (probabilities[c] > probabilities[best]) best = c;
  return best;
}

/** [C][C] counts, rows the truth, columns the decision. */
export function confusionMatrix({ truth, probabilities, classes }: MetricInput): number[][] {
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < truth.length; i++) matrix[truth[i]][decide(probabilities[i])]++;
  return matrix;
}

/** Counts of the decisions of one class against all others. */
export interface ClassCounts {
  tp: number;
  fp: number;
  fn: number;
  tn: number;
}

/** One-against-the-rest counts of every class. */
export function classCounts(input: MetricInput): ClassCounts[] {
  const matrix = confusionMatrix(input);
  const n = input.truth.length;
  return matrix.map((row, c) => {
    const tp = row[c];
    const fn = row.reduce((sum, count) => sum + count, 0) - tp;
    const fp = matrix.reduce((sum, other) => sum + other[c], 0) - tp;
    return { tp, fn, fp, tn: n - tp - fn - fp };
  });
}

/**
 * A one-class score: of class 1 with two classes, else the plain mean over classes (macro); NaN if
 * any is.
 */
export function positiveOrMacro(classes: number, score: (c: number) => number): number {
  if (classes === 2) return score(1);
  let sum = 0;
  for (let c = 0; c < classes; c++) sum += score(c);
  return sum / classes;
}
