/**
 * k nearest neighbours: the most similar training images vote for their class. DINO evaluates
 * features with votes of exp(similarity / T), with the cosine and T = 0.07 (arXiv 2104.14294, after
 * arXiv 1805.01978).
 */
import type { FeaturePredictor, FitProblem } from "./feature-fit";
import { matrix, rowOf } from "./matrix";
import { type SimilarityId, similarityTo } from "./similarity";

export const voteIds = ["similarity", "uniform"] as const;

export interface NearestNeighboursSettings {
  /** Number of images that vote, at most as many as there are. */
  k: number;
  similarity: SimilarityId;
  /** Each vote counts exp(similarity / temperature), or 1. */
  votes: (typeof voteIds)[number];
  /** > 0. */
  temperature: number;
  /** Multiplies votes by the class weight of training. */
  classWeights: boolean;
}

export async function fitNearestNeighbours(
  { train, classes, weights }: FitProblem,
  settings: NearestNeighboursSettings,
): Promise<FeaturePredictor> {
  const { labels, features } = train;
  const { votes, temperature } = settings;
  const k = Math.min(settings.k, labels.length);
  const weightOf = (c: number) => (settings.classWeights ? weights[c] : 1);
  const similarities = similarityTo(features, settings.similarity);
  return {
    logits: (x) => {
      const all = similarities(x);
      const out = matrix(x.rows, classes);
      for (let i = 0; i < x.rows; i++) {
        const [row, sums] = [rowOf(all, i), rowOf(out, i)];
        const nearest = mostSimilar(row, k);
        for (const at of nearest) {
          // Votes relative to the nearest image have the same shares, and none overflows.
          const vote = votes === "uniform" ? 1 : Math.exp((row[at] - row[nearest[0]]) / temperature);
          sums[labels[at]] += vote * weightOf(labels[at]);
        }
        for (let c = 0; c < classes; c++) sums[c] = Math.log(sums[c]);
      }
      return out;
    },
    head: null,
    storedNumbers: labels.length * (features.columns + 1),
    choices: [],
    warnings: k < settings.k ? [`There are ${k} training images: k was cut from ${settings.k} to ${k}.`] : [],
  };
}

/** Indices of the k largest, largest first; of equals the first. */
function mostSimilar(row: Float64Array, k: number): number[] {
  return Array.from(row.keys())
    .sort((a, b) => row[b] - row[a] || a - b)
    .slice(0, k);
}
