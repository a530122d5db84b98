/**
 * Tip-Adapter (arXiv 2111.03930) without a text encoder. A cache of the training images' features
 * and labels adds α·Σ_i exp(−β·(1 − cos(x, x_i)))·onehot(y_i) to base logits. In the paper the base
 * logits are similarities of image and text. Here they are those of the nearest class mean by
 * cosine.
 */
import { byBlocks, choose, type FeaturePredictor, type FitProblem } from "./feature-fit";
import { type Matrix, matrix, rowOf } from "./matrix";
import { fitNearestMean } from "./nearest-mean";
import { similarityTo } from "./similarity";

export interface TipAdapterSettings {
  /** Share of the cache, ≥ 0. `search` uses this value if there are no validation images. */
  alpha: number;
  /** Sharpness of the cache, > 0. `search` treats it as alpha. */
  beta: number;
  /** Temperature of the base logits, > 0. `search` treats it as alpha. */
  temperature: number;
  /** Chooses first the temperature, then alpha and beta by the validation loss. */
  search: boolean;
  /** Multiplies cached labels by the class weight of training. */
  classWeights: boolean;
}

/** No cache, then half decades from 0.001 to 10. Sums over many images need small shares. */
export const searchedAlphas = [0, ...Array.from({ length: 9 }, (_, k) => 10 ** (k / 2 - 3))];
export const searchedBetas = [1, 2, 3.5, 5.5, 8, 12, 20];

export async function fitTipAdapter(problem: FitProblem, settings: TipAdapterSettings): Promise<FeaturePredictor> {
  const { train, val, classes, weights, turn } = problem;
  const { labels, features } = train;
  const { search, temperature } = settings;
  const base = await fitNearestMean(problem, { similarity: "cosine", temperature, search });
  const similarities = similarityTo(features, "cosine");
  const weightOf = (c: number) => (settings.classWeights ? weights[c] : 1);

  /** [n, images] → [n, C] */
  const cacheLogits = (cosines: Matrix, beta: number): Matrix => {
    const out = matrix(cosines.rows, classes);
    for (let i = 0; i < cosines.rows; i++) {
      const [row, sums] = [rowOf(cosines, i), rowOf(out, i)];
      labels.forEach((label, k) => {
        sums[label] += weightOf(label) * Math.exp(-beta * (1 - row[k]));
      });
    }
    return out;
  };
  const blended = (logits: Matrix, cache: Matrix, alpha: number) =>
    matrix(
      logits.rows,
      classes,
      logits.data.map((v, k) => v + alpha * cache.data[k]),
    );

  let { alpha, beta } = settings;
  const choices = [...base.choices];
  const warnings = [...base.warnings];
  if (search && val) {
    const baseLogits = await byBlocks(val.features, base.logits, turn);
    const cosines = await byBlocks(val.features, similarities, turn);
    const caches = new Map<number, Matrix>();
    for (const beta of searchedBetas)
      caches.set(beta, await byBlocks(cosines, (part) => cacheLogits(part, beta), turn));
    const candidates = searchedAlphas.flatMap((alpha) => searchedBetas.map((beta) => ({ alpha, beta })));
    const logitsOf = (s: (typeof candidates)[number]) => blended(baseLogits, caches.get(s.beta)!, s.alpha);
    const choice = await choose(candidates, logitsOf, { ...problem, val });
    choices.push(choice);
    ({ alpha, beta } = choice.chosen);
  } else if (search)
    warnings.push(`No validation images to choose α and β by: ${alpha} and ${beta} were taken, as set.`);
  return {
    logits: (x) => blended(base.logits(x), cacheLogits(similarities(x), beta), alpha),
    head: null,
    storedNumbers: base.storedNumbers + labels.length * (features.columns + 1),
    choices,
    warnings,
  };
}
