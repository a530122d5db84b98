/** The baseline: only the linear head on the backbone's features is trained. arXiv 1610.01644 */
import { defineAdapter } from "./define";

export default defineAdapter({
  id: "linear-probe",
  label: "Linear probe",
  description:
    "Keeps the backbone as it is and fits a logistic regression on its features: seconds, and hard to overfit.",
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
  ],
  // Full batch on a strictly convex loss: enough steps of a decaying rate to converge.
  trainingDefaults: { epochs: 500, headLr: 0.03, schedule: "cosine", warmup: 0, patience: 0, weightDecay: 0 },
  peft: { type: "LINEAR_PROBE", own: true, fields: {} },
  title: ({ C }) => (C === 1 ? "Linear probe" : `Linear probe C ${C}`),
  mergeable: true,
  apply: () => {},
});
