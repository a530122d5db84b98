/**
 * A baseline without training: predicts the class whose mean feature is nearest. arXiv 1703.05175,
 * 1911.04623
 */
import { z } from "zod";
import { setting } from "../../../base/setting";
import { fitNearestMean } from "../../heads/nearest-mean";
import { similarityIds } from "../../heads/similarity";
import { defineAdapter } from "../define";

export default defineAdapter({
  id: "nearest-mean",
  label: "Nearest class mean",
  description:
    "Keeps the backbone as it is and predicts the class whose mean feature an image is most " +
    "similar to: nothing is trained, strong with few images.",
  paper: "https://arxiv.org/abs/1703.05175",
  order: 10,
  config: z.strictObject({
    similarity: setting(z.enum(similarityIds).default("euclidean"), {
      title: "Similarity",
      description: "euclidean: by squared distance, which makes a linear head; cosine: by angle alone (SimpleShot).",
    }),
    temperature: setting(z.number().min(0.01).max(100).default(0.1), {
      title: "Temperature",
      description: "Similarities are divided by it before softmax: lower is surer. The nearest class stays the same.",
    }),
    search: setting(z.boolean().default(true), {
      title: "Choose the temperature on validation images",
      description: "Tries 10.24 to 0.01 inside the training fold and keeps the one with the lowest validation loss.",
    }),
  }),
  trainingDefaults: {},
  fit: (config) => ({
    kind: "training-free",
    hasHead: config.similarity === "euclidean",
    fit: (problem) => fitNearestMean(problem, config),
  }),
  presets: [{ label: "SimpleShot (cosine)", config: { similarity: "cosine" } }],
  peft: {
    type: "NEAREST_MEAN",
    own: true,
    fields: {
      similarity: { key: "similarity" },
      temperature: { key: "temperature" },
      search: { key: "search_temperature" },
    },
  },
  title: ({ similarity }) => (similarity === "cosine" ? "Nearest class mean, cosine" : "Nearest class mean"),
  mergeable: true,
  apply: () => {},
});
