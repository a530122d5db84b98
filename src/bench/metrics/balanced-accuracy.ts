/**
 * Balanced accuracy: the mean of the classes' recalls. Brodersen et al. 2010,
 * doi:10.1109/ICPR.2010.764.
 */
import { classCounts, defineMetric } from "../metric";

export default defineMetric({
  id: "balanced_accuracy",
  label: "Balanced accuracy",
  direction: "higher",
  range: [0, 1],
  rank: 40,
  equivalence: 0.025,
  description: "Mean of the shares of each class decided rightly. Undefined when a class is absent.",
  baseline: { label: "chance", of: (prevalence) => 1 / prevalence.length },
  compute: (input) => classCounts(input).reduce((sum, { tp, fn }) => sum + tp / (tp + fn), 0) / input.classes,
  cases: [
    { input: "binary", expected: 0.7306397306397306, call: "sk.balanced_accuracy_score(y, q)" },
    { input: "binary-ties", expected: 0.7230576441102756, call: "sk.balanced_accuracy_score(y, q)" },
    { input: "rare", expected: 0.8490990990990992, call: "sk.balanced_accuracy_score(y, q)" },
    { input: "constant", expected: 0.5, call: "sk.balanced_accuracy_score(y, q)" },
    { input: "perfect", expected: 1.0, call: "sk.balanced_accuracy_score(y, q)" },
    { input: "three", expected: 0.7080747126436782, call: "sk.balanced_accuracy_score(y, q)" },
    { input: "four-rare", expected: 0.5973684210526315, call: "sk.balanced_accuracy_score(y, q)" },
    { input: "one-class", expected: Number.NaN, call: "undefined: a class is absent" },
    { input: "all-positive", expected: Number.NaN, call: "undefined: a class is absent" },
    { input: "bin-edges", expected: 0.641025641025641, call: "sk.balanced_accuracy_score(y, q)" },
    { input: "three-one-absent", expected: Number.NaN, call: "undefined: a class is absent" },
  ],
});
