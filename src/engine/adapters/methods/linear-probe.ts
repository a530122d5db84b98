/** The baseline: trains only a linear head on the backbone's features. arXiv 1610.01644 */
import { z } from "zod";
import { setting } from "../../../base/setting";
import { defineAdapter } from "../define";

export default defineAdapter({
  id: "linear-probe",
  label: "Linear probe",
  description:
    "Keeps the backbone as it is and solves a logistic regression on its features to the " +
    "optimum: seconds, no learning rate, hard to overfit.",
  paper: "https://arxiv.org/abs/1610.01644",
  order: 40,
  config: z.strictObject({
    C: setting(z.number().min(1e-6).max(1e6).default(1), {
      title: "Inverse penalty C",
      description:
        "As in scikit-learn's LogisticRegression: smaller means a stronger L2 penalty on the head's weights.",
    }),
    search: setting(z.boolean().default(false), {
      title: "Choose C on validation images",
      description:
        "Tries C from 1e-4 to 1e4 inside the training fold and keeps the one with the lowest " +
        "validation loss; without validation images by cross-validation of the training images.",
    }),
  }),
  trainingDefaults: {},
  fit: ({ C, search }) => ({ kind: "logistic", C, search }),
  presets: [{ label: "Penalty chosen on validation images", config: { search: true } }],
  peft: { type: "LINEAR_PROBE", own: true, fields: { C: { key: "C" }, search: { key: "search_C" } } },
  title: ({ C, search }) => (search ? "Linear probe, C searched" : C === 1 ? "Linear probe" : `Linear probe C ${C}`),
  mergeable: true,
  apply: () => {},
});
