/** Full fine-tuning: trains every weight of the backbone and the head. */
import { z } from "zod";
import { defineAdapter } from "../define";

export default defineAdapter({
  id: "full",
  label: "Full fine-tuning",
  description: "Trains every weight of the backbone: the most freedom, the most memory, the most risk of overfitting.",
  paper: "https://arxiv.org/abs/1411.1792",
  order: 150,
  config: z.strictObject({}),
  trainingDefaults: { lr: 1e-4, headLr: 1e-3 },
  peft: { type: "FULL", own: true, fields: {} },
  title: () => "Full fine-tuning",
  mergeable: true,
  apply: ({ parameters, unfreeze }) => parameters.forEach((p) => unfreeze(p)),
});
