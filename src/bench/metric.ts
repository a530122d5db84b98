/**
 * What a metric is. Each file of `metrics/` declares one. The code that uses metrics reads these
 * fields and never names a metric.
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

/** A golden value and the Python call that computed it. */
export interface MetricCase {
  /** Name of the input in `metrics/fixtures/inputs.json`. */
  input: string;
  expected: number;
  call: string;
}

export interface Metric {
  /** The name that scikit-learn or torchmetrics uses. */
  id: string;
  /** Short label for a column head, e.g. "PR-AUC". */
  label: string;
  direction: "higher" | "lower";
  /** Smallest and largest possible value; Infinity where unbounded. */
  range: readonly [number, number];
  /** Position in lists and tables; the smallest rank comes first. */
  rank: number;
  /**
   * Default of the region of practical equivalence: differences from −equivalence to +equivalence
   * do not matter. 0.025 of a rate or of an area is one more patient of 40 judged rightly. MCC
   * spans twice that range, hence 0.05; so have sensitivity and specificity, since one class alone
   * has few patients. A plan may set another value.
   */
  equivalence: number;
  /**
   * One or two sentences. They say what the metric means with several classes, and when it is
   * undefined.
   */
  description: string;
  /**
   * The value that a classifier reaches without looking at the image, given [C] class shares and
   * the number of images that it is computed on; null where there is no such value.
   */
  baseline: { label: string; of: (prevalence: readonly number[], images: number) => number } | null;
  /**
   * True if small folds bias it, so that it is computed on the pooled out-of-fold predictions of a
   * repeat (pools.ts) and not as a mean over folds.
   */
  pooled?: true;
  /**
   * True if it reads how large the probabilities are, beyond order and decision. It is computed
   * from probabilities that are corrected for class weights and balanced sampling.
   */
  ofProbabilities?: true;
  /** True if no interval covers it: it stays biased on a whole repeat. */
  noInterval?: true;
  /**
   * The value. It is NaN where undefined: without images, where a needed class is absent, or where
   * a probability is not finite.
   */
  compute: (input: MetricInput) => number;
  cases: readonly MetricCase[];
}

/**
 * Declares a metric. Its `compute` only gets inputs with at least one image and finite
 * probabilities.
 */
export function defineMetric(metric: Metric): Metric {
  return { ...metric, compute: (input) => (isUsable(input) ? metric.compute(input) : Number.NaN) };
}

/**
 * What a perfect method gains over one that knows nothing of the image: no difference between two
 * sensible methods is larger. The whole range where there is no such baseline.
 *
 * @param prevalence [C] share of each class
 */
export function gainOverBaseline(
  { baseline, range, direction }: Metric,
  prevalence: readonly number[],
  images: number,
): number {
  const [worst, best] = direction === "higher" ? range : [range[1], range[0]];
  return Math.abs(best - (baseline ? baseline.of(prevalence, images) : worst));
}

function isUsable({ truth, probabilities, classes }: MetricInput): boolean {
  for (let i = 0; i < truth.length; i++)
    for (let c = 0; c < classes; c++) if (!Number.isFinite(probabilities[i][c])) return false;
  return truth.length > 0;
}

/**
 * The default decision: the most probable class, and on a tie the one with the lower index. With
 * two classes this is class 1 where its probability exceeds 0.5. Radapt tunes no threshold.
 */
export function decide(probabilities: ArrayLike<number>): number {
  let best = 0;
  for (let c = 1; c < probabilities.length; c++) if (probabilities[c] > probabilities[best]) best = c;
  return best;
}

/** [C][C] counts: a row per true class, a column per decision. */
export function confusionMatrix({ truth, probabilities, classes }: MetricInput): number[][] {
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < truth.length; i++) matrix[truth[i]][decide(probabilities[i])]++;
  return matrix;
}

/** Counts of decisions of one class against all others. */
export interface ClassCounts {
  tp: number;
  fp: number;
  fn: number;
  tn: number;
}

/** Counts every class against all others. */
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
 * Reduces a score per class to one number: with two classes the score of class 1, else the
 * unweighted mean over classes (macro). The mean is NaN if any score is.
 */
export function positiveOrMacro(classes: number, score: (c: number) => number): number {
  if (classes === 2) return score(1);
  let sum = 0;
  for (let c = 0; c < classes; c++) sum += score(c);
  return sum / classes;
}
