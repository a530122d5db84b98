/**
 * The smallest difference that a plan could show, before any run: the true difference between two
 * methods that the corrected t-test finds in 4 of 5 such studies.
 *
 * It needs the standard deviation of the difference over test parts, which only results tell. Here
 * it comes from a simulation with these assumptions, so that the figure is rough: two methods of
 * ROC-AUC near 0.75 per class, whose scores correlate by 0.5 within a class; every patient counts
 * once; what a model learns does not vary with its training images. Better methods and more similar
 * ones need a smaller difference.
 */
import { createPrng } from "../base";
import { classCount } from "./folds";
import type { Metric } from "./metric";
import { divide, partsOf, type SplitChoice, type SplitDataset } from "./protocols";
import { degreesOfFreedom, standardDeviation, studentQuantile } from "./stats";

/** What of a dataset and its split decides the power. */
export interface PartPower {
  /** [C] patients of each class in one test part. */
  testPatients: readonly number[];
  /** n_test / n_train of one part. */
  testOverTrain: number;
  /** Test parts of one partition. */
  parts: number;
}

/**
 * Read from the split's first part. A patient counts in each class that it has images of.
 *
 * @throws RadaptError where the dataset is too small for the split
 */
export function partPower(dataset: SplitDataset, split: SplitChoice, splitSeed: number): PartPower {
  const parts = partsOf(split, dataset);
  const { train, test } = divide(dataset, { ...split, splitSeed, part: parts[0] });
  const classes = classCount(dataset.images, dataset.classes);
  const patientsOf = (c: number) => new Set(test.filter(({ label }) => label === c).map(({ patient }) => patient)).size;
  return {
    testPatients: Array.from({ length: classes }, (_, c) => patientsOf(c)),
    testOverTrain: test.length / train.length,
    parts: parts.length,
  };
}

interface StudyPower extends PartPower {
  /** Partitions of the patients. */
  repeats: number;
  /** Pairs of methods that are judged. */
  pairs: number;
}

/**
 * The detectable difference, at the level of the hardest step of Holm's correction; NaN where a
 * single part allows no test.
 *
 * @param spread standard deviation of the difference over test parts, see `expectedSpread`
 */
export function expectedDetectable(
  spread: number,
  { testOverTrain, parts, repeats, pairs }: StudyPower,
  level = 0.95,
  power = 0.8,
): number {
  const n = parts * repeats;
  if (n < 2) return Number.NaN;
  const df = degreesOfFreedom(n, repeats);
  const quantiles = studentQuantile(1 - (1 - level) / pairs / 2, df) + studentQuantile(power, df);
  return quantiles * spread * Math.sqrt(1 / n + testOverTrain);
}

/** Distance of the class means, in standard deviations: a ROC-AUC of 0.75. */
const SEPARATION = 0.95;
const CORRELATION = 0.5;
const DRAWS = 600;
/** Larger test parts are simulated by this many patients; the variance falls with their number. */
const MOST_PATIENTS = 200;

/** Standard deviation over test parts of the metric's difference between two simulated methods. */
export function expectedSpread(metric: Metric, testPatients: readonly number[]): number {
  const prng = createPrng(0, "power");
  const classes = testPatients.length;
  const all = testPatients.reduce((sum, count) => sum + count, 0);
  const scale = Math.min(1, MOST_PATIENTS / all);
  const truth = testPatients.flatMap((count, c) => new Array<number>(Math.ceil(count * scale)).fill(c));
  const differences: number[] = [];
  for (let draw = 0; draw < DRAWS; draw++) {
    const methods: number[][][] = [[], []];
    for (const c of truth) {
      const shared = Array.from({ length: classes }, () => prng.normal());
      for (const method of methods) method.push(twoClassProbabilities(c, shared, () => prng.normal()));
    }
    const [a, b] = methods.map((probabilities) => metric.compute({ truth, probabilities, classes }));
    if (!Number.isNaN(a - b)) differences.push(a - b);
  }
  return standardDeviation(differences) * Math.sqrt(scale);
}

/**
 * Posterior probabilities under equal priors, as balanced class weights give them, of an image
 * whose score for its own class stands out by the separation.
 */
function twoClassProbabilities(truth: number, shared: readonly number[], normal: () => number): number[] {
  const distance = SEPARATION / Math.SQRT2;
  const scores = shared.map((common, c) => {
    const noise = Math.sqrt(CORRELATION) * common + Math.sqrt(1 - CORRELATION) * normal();
    return distance * (noise + (c === truth ? distance : 0));
  });
  const weights = scores.map((score) => Math.exp(score));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}
