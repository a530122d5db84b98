/**
 * A baseline without training: blends nearest class means with a cache of the training images.
 * arXiv 2111.03930
 */
import { z } from "zod";
import { setting } from "../../../base/setting";
import { fitTipAdapter } from "../../heads/tip-adapter";
import { defineAdapter } from "../define";

export default defineAdapter({
  id: "tip-adapter",
  label: "Tip-Adapter",
  description:
    "Keeps the backbone as it is and adds to the nearest class mean's logits those of a " +
    "cache of all training images. The paper starts from a text encoder's logits instead; " +
    "there is none here. Nothing is trained.",
  paper: "https://arxiv.org/abs/2111.03930",
  order: 30,
  config: z.strictObject({
    alpha: setting(z.number().min(0).max(1000).default(1), {
      title: "Share of the cache α",
      description: "What the cache's logits are multiplied by; 0 leaves the nearest class mean.",
    }),
    beta: setting(z.number().min(0.01).max(1000).default(5.5), {
      title: "Sharpness β",
      description: "The higher, the more only the nearest training images count.",
    }),
    temperature: setting(z.number().min(0.01).max(100).default(0.1), {
      title: "Temperature",
      description: "Of the nearest class mean: cosines are divided by it.",
    }),
    search: setting(z.boolean().default(true), {
      title: "Choose on validation images",
      description:
        "Tries temperatures, then α (0 among them) and β inside the training fold and keeps " +
        "those with the lowest validation loss.",
    }),
    classWeights: setting(z.boolean().default(true), {
      title: "Cached labels weigh by class",
      description: "Images of rare classes count more, as the class weights of training say.",
    }),
  }),
  trainingDefaults: {},
  fit: (config) => ({
    kind: "training-free",
    hasHead: false,
    fit: (problem) => fitTipAdapter(problem, config),
  }),
  peft: {
    type: "TIP_ADAPTER",
    own: true,
    fields: {
      alpha: { key: "alpha" },
      beta: { key: "beta" },
      temperature: { key: "temperature" },
      search: { key: "search" },
      classWeights: { key: "class_weights" },
    },
  },
  title: ({ alpha, beta, search }) => (search ? "Tip-Adapter" : `Tip-Adapter α ${alpha} β ${beta}`),
  mergeable: true,
  apply: () => {},
});
