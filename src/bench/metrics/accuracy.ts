/** Accuracy of the most probable class. It misleads where classes are unbalanced. */
import { decide, defineMetric } from "../metric";

export default defineMetric({
  id: "accuracy",
  label: "Accuracy",
  direction: "higher",
  range: [0, 1],
  rank: 80,
  equivalence: 0.025,
  description:
    "Share of images decided rightly. Always naming the commonest class already reaches that " +
    "class's share: do not read it alone.",
  baseline: { label: "commonest class", of: (prevalence) => Math.max(...prevalence) },
  compute: ({ truth, probabilities }) => {
    let correct = 0;
    for (let i = 0; i < truth.length; i++) if (decide(probabilities[i]) === truth[i]) correct++;
    return correct / truth.length;
  },
  cases: [
    { input: "binary", expected: 0.7333333333333333, call: "sk.accuracy_score(y, q)" },
    { input: "binary-ties", expected: 0.725, call: "sk.accuracy_score(y, q)" },
    { input: "rare", expected: 0.8625, call: "sk.accuracy_score(y, q)" },
    { input: "constant", expected: 0.6, call: "sk.accuracy_score(y, q)" },
    { input: "perfect", expected: 1.0, call: "sk.accuracy_score(y, q)" },
    { input: "three", expected: 0.6857142857142857, call: "sk.accuracy_score(y, q)" },
    { input: "four-rare", expected: 0.6555555555555556, call: "sk.accuracy_score(y, q)" },
    { input: "one-class", expected: 0.6666666666666666, call: "sk.accuracy_score(y, q)" },
    { input: "all-positive", expected: 0.3333333333333333, call: "sk.accuracy_score(y, q)" },
    { input: "bin-edges", expected: 0.6363636363636364, call: "sk.accuracy_score(y, q)" },
    { input: "three-one-absent", expected: 0.5, call: "sk.accuracy_score(y, q)" },
  ],
});
