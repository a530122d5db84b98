/** The baseline: only the linear head on the backbone's features is trained. arXiv 1610.01644 */
import { defineAdapter } from "../define";

export default defineAdapter({
  id: "linear-probe",
  label: "Linear probe",
  description:
    "Keeps the backbone as it is and solves a logistic regression on its features to the optimum: seconds, no learning rate, hard to overfit.",
  paper: "https://arxiv.org/abs/1610.01644",
  config: [
    {
      key: "C",
      label: "Inverse penalty C",
      kind: "number",
      default: 1,
      min: 1e-6,
      max: 1e6,
      help: "As in scikit-learn's LogisticRegression: smaller means a stronger L2 penalty on the head's weights.",
    },
    {
      key: "search",
      label: "Choose C on validation images",
      kind: "boolean",
      default: false,
      help: "Tries C from 1e-4 to 1e4 inside the training fold and keeps the one with the lowest validation loss; without validation images by cross-validation of the training images.",
    },
  ],
  trainingDefaults: {},
  fit: ({ C, search }) => ({ kind: "logistic", C: C as number, search: search as boolean }),
  presets: [{ label: "Penalty chosen on validation images", config: { search: true } }],
  peft: { type: "LINEAR_PROBE", own: true, fields: { C: { key: "C" }, search: { key: "search_C" } } },
  title: ({ C, search }) => (search ? "Linear probe, C searched" : C === 1 ? "Linear probe" : `Linear probe C ${C}`),
  mergeable: true,
  apply: () => {},
});
