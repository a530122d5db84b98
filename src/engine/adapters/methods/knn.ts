/** A baseline without training: the most similar training images vote. arXiv 2104.14294, appendix F */
import { fitNearestNeighbours, type NearestNeighboursSettings, voteIds } from "../../heads/nearest-neighbours";
import { similarityIds } from "../../heads/similarity";
import { defineAdapter } from "../define";

export default defineAdapter({
  id: "knn",
  label: "k nearest neighbours",
  description:
    "Keeps the backbone as it is; the k training images whose features are most similar vote for their class. Nothing is trained: shows how well the features already group by outcome.",
  paper: "https://arxiv.org/abs/2104.14294",
  config: [
    {
      key: "k",
      label: "Neighbours k",
      kind: "integer",
      default: 5,
      min: 1,
      max: 1000,
      help: "How many training images vote; cut to as many as there are.",
    },
    {
      key: "similarity",
      label: "Similarity",
      kind: "choice",
      default: "cosine",
      choices: similarityIds,
      help: "cosine: by angle; euclidean: by distance.",
    },
    {
      key: "votes",
      label: "Votes",
      kind: "choice",
      default: "similarity",
      choices: voteIds,
      help: "similarity: nearer images count more, exp(similarity / temperature); uniform: all alike.",
    },
    {
      key: "temperature",
      label: "Temperature",
      kind: "number",
      default: 0.07,
      min: 0.001,
      max: 100,
      help: "Of votes by similarity: the lower, the more the nearest image decides.",
    },
    {
      key: "classWeights",
      label: "Votes weigh by class",
      kind: "boolean",
      default: true,
      help: "Votes of rare classes count more, as the class weights of training say.",
    },
  ],
  trainingDefaults: {},
  fit: (config) => ({
    kind: "training-free",
    hasHead: false,
    fit: (problem) => fitNearestNeighbours(problem, config as unknown as NearestNeighboursSettings),
  }),
  presets: [{ label: "DINO's evaluation (k 20)", config: { k: 20, classWeights: false } }],
  peft: {
    ...{ type: "KNN", own: true },
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
