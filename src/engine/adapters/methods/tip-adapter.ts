/** A baseline without training: nearest class means and a cache of the training images, blended. arXiv 2111.03930 */
import { fitTipAdapter, type TipAdapterSettings } from "../../heads/tip-adapter";
import { defineAdapter } from "../define";

export default defineAdapter({
  id: "tip-adapter",
  label: "Tip-Adapter",
  description:
    "Keeps the backbone as it is and adds to the nearest class mean's logits those of a cache of all training images. The paper starts from a text encoder's logits instead; there is none here. Nothing is trained.",
  paper: "https://arxiv.org/abs/2111.03930",
  config: [
    {
      key: "alpha",
      label: "Share of the cache α",
      kind: "number",
      default: 1,
      min: 0,
      max: 1000,
      help: "What the cache's logits are multiplied by; 0 leaves the nearest class mean.",
    },
    {
      key: "beta",
      label: "Sharpness β",
      kind: "number",
      default: 5.5,
      min: 0.01,
      max: 1000,
      help: "The higher, the more only the nearest training images count.",
    },
    {
      key: "temperature",
      label: "Temperature",
      kind: "number",
      default: 0.1,
      min: 0.01,
      max: 100,
      help: "Of the nearest class mean: cosines are divided by it.",
    },
    {
      key: "search",
      label: "Choose on validation images",
      kind: "boolean",
      default: true,
      help: "Tries temperatures, then α (0 among them) and β inside the training fold and keeps those with the lowest validation loss.",
    },
    {
      key: "classWeights",
      label: "Cached labels weigh by class",
      kind: "boolean",
      default: true,
      help: "Images of rare classes count more, as the class weights of training say.",
    },
  ],
  trainingDefaults: {},
  fit: (config) => ({
    kind: "training-free",
    hasHead: false,
    fit: (problem) => fitTipAdapter(problem, config as unknown as TipAdapterSettings),
  }),
  peft: {
    ...{ type: "TIP_ADAPTER", own: true },
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
