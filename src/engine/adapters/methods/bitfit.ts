/** BitFit: trains the head and every bias, including those of normalisations. arXiv 2106.10199 */
import { z } from "zod";
import { RadaptError } from "../../../base/error";
import { defineAdapter } from "../define";

export default defineAdapter({
  id: "bitfit",
  label: "BitFit",
  description: "Trains only the biases: a tenth of a per cent of the weights.",
  paper: "https://arxiv.org/abs/2106.10199",
  order: 50,
  config: z.strictObject({}),
  trainingDefaults: { lr: 1e-3, headLr: 1e-2 },
  peft: { type: "BITFIT", own: true, fields: {} },
  title: () => "BitFit",
  mergeable: true,
  apply: ({ parameters, unfreeze }) => {
    const biases = parameters.filter((p) => p.name!.endsWith("bias"));
    if (biases.length === 0) {
      throw new RadaptError("This backbone has no named biases", {
        code: "method.targets",
        expected: "weights whose names end in bias",
        got: "none",
        remedy: "Use LoRA or the linear probe.",
      });
    }
    biases.forEach((p) => unfreeze(p));
  },
});
