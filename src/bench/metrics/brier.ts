/**
 * Brier score: mean squared error of the probabilities. Brier 1950,
 * doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2.
 */
import { defineMetric } from "../metric";

export default defineMetric({
  id: "brier",
  label: "Brier score",
  direction: "lower",
  range: [0, 2],
  rank: 90,
  equivalence: 0.01,
  pooled: true,
  ofProbabilities: true,
  description:
    "Mean squared error of the positive class's probability (0 to 1); of all classes' " +
    "probabilities, summed, when there are several (0 to 2). The probabilities are corrected for " +
    "class weights and balanced sampling.",
  baseline: {
    label: "prevalence estimate",
    of: (prevalence) => (1 - prevalence.reduce((sum, p) => sum + p * p, 0)) / (prevalence.length === 2 ? 2 : 1),
  },
  compute: ({ truth, probabilities, classes }) => {
    let sum = 0;
    for (let i = 0; i < truth.length; i++)
      for (let c = classes === 2 ? 1 : 0; c < classes; c++)
        sum += (probabilities[i][c] - (truth[i] === c ? 1 : 0)) ** 2;
    return sum / truth.length;
  },
  cases: [
    { input: "binary", expected: 0.17286995748678843, call: "sk.brier_score_loss(y, p[:, 1])" },
    { input: "binary-ties", expected: 0.1703125, call: "sk.brier_score_loss(y, p[:, 1])" },
    { input: "rare", expected: 0.09725725650787354, call: "sk.brier_score_loss(y, p[:, 1])" },
    { input: "constant", expected: 0.2625, call: "sk.brier_score_loss(y, p[:, 1])" },
    { input: "perfect", expected: 0.01953125, call: "sk.brier_score_loss(y, p[:, 1])" },
    { input: "three", expected: 0.42532217843191966, call: "np.mean(np.sum((p - one_hot(y, p)) ** 2, axis=1))" },
    { input: "four-rare", expected: 0.4830729166666667, call: "np.mean(np.sum((p - one_hot(y, p)) ** 2, axis=1))" },
    { input: "one-class", expected: 0.2916666666666667, call: "sk.brier_score_loss(y, p[:, 1])" },
    { input: "all-positive", expected: 0.2916666666666667, call: "sk.brier_score_loss(y, p[:, 1])" },
    { input: "bin-edges", expected: 0.27878787878787875, call: "sk.brier_score_loss(y, p[:, 1])" },
    { input: "three-one-absent", expected: 0.65625, call: "np.mean(np.sum((p - one_hot(y, p)) ** 2, axis=1))" },
  ],
});
