/**
 * A baseline without training: the most similar training images vote. arXiv 2104.14294, appendix F
 */
import { z } from "zod";
import { setting } from "../../../base/setting";
import { fitNearestNeighbours, voteIds } from "../../heads/nearest-neighbours";
import { similarityIds } from "../../heads/similarity";
import { defineAdapter } from "../define";

export default defineAdapter({
  id: "knn",
  label: "k nearest neighbours",
  description:
    "Keeps the backbone as it is; the k training images whose features are most similar vote " +
    "for their class. Nothing is trained: shows how well the features already group by " +
    "outcome.",
  paper: "https://arxiv.org/abs/2104.14294",
  order: 20,
  config: z.strictObject({
    k: setting(z.int().min(1).max(1000).default(5), {
      title: "Neighbours k",
      description: "How many training images vote; cut to as many as there are.",
    }),
    similarity: setting(z.enum(similarityIds).default("cosine"), {
      title: "Similarity",
      description: "cosine: by angle; euclidean: by distance.",
    }),
    votes: setting(z.enum(voteIds).default("similarity"), {
      title: "Votes",
      description: "similarity: nearer images count more, exp(similarity / temperature); uniform: all alike.",
    }),
    temperature: setting(z.number().min(0.001).max(100).default(0.07), {
      title: "Temperature",
      description: "Of votes by similarity: the lower, the more the nearest image decides.",
    }),
    classWeights: setting(z.boolean().default(true), {
      title: "Votes weigh by class",
      description: "Votes of rare classes count more, as the class weights of training say.",
    }),
  }),
  trainingDefaults: {},
  fit: (config) => ({
    kind: "training-free",
    hasHead: false,
    fit: (problem) => fitNearestNeighbours(problem, config),
  }),
  presets: [{ label: "DINO's evaluation (k 20)", config: { k: 20, classWeights: false } }],
  peft: {
    type: "KNN",
    own: true,
    fields: {
      k: { key: "k" },
      similarity: { key: "similarity" },
      votes: { key: "votes" },
      temperature: { key: "temperature" },
      classWeights: { key: "class_weights" },
    },
  },
  title: ({ k, similarity, votes }) =>
    [`k-NN k ${k}`, similarity === "euclidean" && "euclidean", votes === "uniform" && "uniform"]
      .filter(Boolean)
      .join(", "),
  mergeable: true,
  apply: () => {},
});
