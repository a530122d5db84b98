/**
 * Nearest class mean: the softmax of the similarity to each class's mean (its prototype), divided
 * by a temperature. These are prototypical networks without their training (arXiv 1703.05175); with
 * the cosine they use SimpleShot's L2 normalisation (arXiv 1911.04623).
 */
import {
  byBlocks,
  type Choice,
  choose,
  type FeaturePredictor,
  type FitProblem,
  type LabelledFeatures,
} from "./feature-fit";
import { ABSENT, applyHead, type LinearHead } from "./logistic";
import { addScaled, dot, type Matrix, matrix, rowOf, timesTransposed } from "./matrix";
import { normalized, type SimilarityId, spreadOf } from "./similarity";

export interface NearestMeanSettings {
  similarity: SimilarityId;
  /**
   * T > 0: logits are similarities / T. `search` uses this value if there are no validation images.
   */
  temperature: number;
  /**
   * Chooses T by the validation loss. T changes how certain a prediction is, not which class is
   * nearest.
   */
  search: boolean;
}

/**
 * Temperatures that a search tries, each half of the one before, from 10.24 to 0.01. Of equals the
 * first wins, which is the least certain.
 */
export const searchedTemperatures = Array.from({ length: 11 }, (_, k) => 10.24 / 2 ** k);

export async function fitNearestMean(problem: FitProblem, settings: NearestMeanSettings): Promise<FeaturePredictor> {
  const { train, val, classes, turn } = problem;
  const { similarities, headOf } =
    settings.similarity === "cosine" ? byCosine(train, classes) : byDistance(train, classes);
  const choices: Choice[] = [];
  const warnings: string[] = [];
  let { temperature } = settings;
  if (settings.search && val) {
    const ofVal = await byBlocks(val.features, similarities, turn);
    const candidates = searchedTemperatures.map((temperature) => ({ temperature }));
    const choice = await choose(candidates, ({ temperature }) => scaleMatrix(ofVal, 1 / temperature), {
      ...problem,
      val,
    });
    choices.push(choice);
    ({ temperature } = choice.chosen);
  } else if (settings.search)
    warnings.push(`No validation images to choose the temperature by: ${temperature} was taken, as set.`);
  return {
    logits: (x) => scaleMatrix(similarities(x), 1 / temperature),
    head: headOf?.(temperature) ?? null,
    storedNumbers: classes * train.features.columns + (headOf ? classes : 0),
    choices,
    warnings,
  };
}

interface Means {
  /** [n, D] → [n, C]; −Infinity for a class without training images. */
  similarities: (x: Matrix) => Matrix;
  headOf?: (temperature: number) => LinearHead;
}

/** The cosine to the mean of a class's normalised features. */
function byCosine({ features, labels }: LabelledFeatures, classes: number): Means {
  const { means, present } = classMeans({ features: normalized(features), labels }, classes);
  const keys = normalized(means);
  return { similarities: (x) => withoutAbsent(timesTransposed(normalized(x), keys), present) };
}

/**
 * −|x − μ_c|² / 2v, up to a constant that all classes share: x·w_c + b_c with w_c = (μ_c − m) / v,
 * b_c = −w_c·(μ_c + m) / 2 and m the mean of all features.
 */
function byDistance(train: LabelledFeatures, classes: number): Means {
  const { center, variance } = spreadOf(train.features);
  const { means, present } = classMeans(train, classes);
  const head: LinearHead = { weight: matrix(classes, center.length), bias: new Float64Array(classes).fill(ABSENT) };
  for (const c of present.keys()) {
    if (!present[c]) continue;
    const [w, sum] = [rowOf(head.weight, c), rowOf(means, c).slice()];
    addScaled(w, 1 / variance, rowOf(means, c));
    addScaled(w, -1 / variance, center);
    addScaled(sum, 1, center);
    head.bias[c] = -dot(w, sum) / 2;
  }
  return {
    similarities: (x) => withoutAbsent(applyHead(head, x), present),
    headOf: (temperature) => ({
      weight: scaleMatrix(head.weight, 1 / temperature),
      bias: head.bias.map((b, c) => (present[c] ? b / temperature : ABSENT)),
    }),
  };
}

/** The mean feature of each class [C, D], and which classes have any. */
function classMeans({ features, labels }: LabelledFeatures, classes: number): { means: Matrix; present: boolean[] } {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label]++;
  const means = matrix(classes, features.columns);
  labels.forEach((label, i) => void addScaled(rowOf(means, label), 1 / counts[label], rowOf(features, i)));
  return { means, present: counts.map((count) => count > 0) };
}

function withoutAbsent(similarities: Matrix, present: readonly boolean[]): Matrix {
  for (let k = 0; k < similarities.data.length; k++)
    if (!present[k % present.length]) similarities.data[k] = Number.NEGATIVE_INFINITY;
  return similarities;
}

const scaleMatrix = ({ rows, columns, data }: Matrix, factor: number): Matrix =>
  matrix(
    rows,
    columns,
    data.map((v) => v * factor),
  );
