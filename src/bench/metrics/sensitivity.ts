/** Sensitivity (recall, true positive rate) of the most probable class. */
import { classCounts, defineMetric, positiveOrMacro } from "../metric";

export default defineMetric({
  id: "sensitivity",
  label: "Sensitivity",
  direction: "higher",
  range: [0, 1],
  rank: 50,
  equivalence: 0.05,
  description:
    "Share of positive images decided positive (probability above 0.5); the mean over " +
    "classes when there are several. Undefined without positives.",
  baseline: null,
  compute: (input) => {
    const counts = classCounts(input);
    return positiveOrMacro(input.classes, (c) => counts[c].tp / (counts[c].tp + counts[c].fn));
  },
  cases: [
    { input: "binary", expected: 0.7037037037037037, call: "sk.recall_score(y, q)" },
    { input: "binary-ties", expected: 0.6842105263157895, call: "sk.recall_score(y, q)" },
    { input: "rare", expected: 0.8333333333333334, call: "sk.recall_score(y, q)" },
    { input: "constant", expected: 0.0, call: "sk.recall_score(y, q)" },
    { input: "perfect", expected: 1.0, call: "sk.recall_score(y, q)" },
    { input: "three", expected: 0.7080747126436782, call: 'sk.recall_score(y, q, average="macro")' },
    { input: "four-rare", expected: 0.5973684210526315, call: 'sk.recall_score(y, q, average="macro")' },
    { input: "one-class", expected: Number.NaN, call: "undefined: a class is absent" },
    { input: "all-positive", expected: 0.3333333333333333, call: "sk.recall_score(y, q)" },
    { input: "bin-edges", expected: 0.6153846153846154, call: "sk.recall_score(y, q)" },
    { input: "three-one-absent", expected: Number.NaN, call: "undefined: a class is absent" },
  ],
});
