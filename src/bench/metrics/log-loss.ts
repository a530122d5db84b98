/**
 * Log loss: unweighted cross-entropy in nats. It clips probabilities away from 0 and 1, as
 * scikit-learn does.
 */
import { defineMetric } from "../metric";

export default defineMetric({
  id: "log_loss",
  label: "Log loss",
  direction: "lower",
  range: [0, Number.POSITIVE_INFINITY],
  rank: 100,
  equivalence: 0.03,
  pooled: true,
  ofProbabilities: true,
  description:
    "Mean negative logarithm of the true class's probability, in nats, without class " +
    "weights; probabilities are clipped at 2.2e-16.",
  baseline: {
    label: "prevalence estimate",
    of: (prevalence) => -prevalence.reduce((sum, p) => sum + (p > 0 ? p * Math.log(p) : 0), 0),
  },
  compute: ({ truth, probabilities, classes }) => {
    const clip = (p: number) => Math.min(1 - Number.EPSILON, Math.max(Number.EPSILON, p));
    let sum = 0;
    for (let i = 0; i < truth.length; i++) {
      let total = 0;
      for (let c = 0; c < classes; c++) total += clip(probabilities[i][c]);
      sum -= Math.log(clip(probabilities[i][truth[i]]) / total);
    }
    return sum / truth.length;
  },
  cases: [
    { input: "binary", expected: 0.5079279085876042, call: "sk.log_loss(y, p, labels=range(p.shape[1]))" },
    { input: "binary-ties", expected: 0.4704801469349139, call: "sk.log_loss(y, p, labels=range(p.shape[1]))" },
    { input: "rare", expected: 0.3240526404614578, call: "sk.log_loss(y, p, labels=range(p.shape[1]))" },
    { input: "constant", expected: 0.7271269879190247, call: "sk.log_loss(y, p, labels=range(p.shape[1]))" },
    { input: "perfect", expected: 0.105303366269076, call: "sk.log_loss(y, p, labels=range(p.shape[1]))" },
    { input: "three", expected: 0.7345488132229216, call: "sk.log_loss(y, p, labels=range(p.shape[1]))" },
    { input: "four-rare", expected: 1.5987663217320194, call: "sk.log_loss(y, p, labels=range(p.shape[1]))" },
    { input: "one-class", expected: 0.789041204710539, call: "sk.log_loss(y, p, labels=range(p.shape[1]))" },
    { input: "all-positive", expected: 0.7890412047105388, call: "sk.log_loss(y, p, labels=range(p.shape[1]))" },
    { input: "bin-edges", expected: 0.830083009239274, call: "sk.log_loss(y, p, labels=range(p.shape[1]))" },
    { input: "three-one-absent", expected: 9.429407455672207, call: "sk.log_loss(y, p, labels=range(p.shape[1]))" },
  ],
});
