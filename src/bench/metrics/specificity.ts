/** Specificity (true negative rate) of the most probable class. */
import { classCounts, defineMetric, positiveOrMacro } from "../metric";

export default defineMetric({
  id: "specificity",
  label: "Specificity",
  direction: "higher",
  range: [0, 1],
  rank: 60,
  equivalence: 0.05,
  description:
    "Share of negative images decided negative (probability at most 0.5); the mean over " +
    "classes, one against the rest, when there are several. Undefined without negatives.",
  baseline: null,
  compute: (input) => {
    const counts = classCounts(input);
    return positiveOrMacro(input.classes, (c) => counts[c].tn / (counts[c].tn + counts[c].fp));
  },
  cases: [
    { input: "binary", expected: 0.7575757575757576, call: "sk.recall_score(y, q, pos_label=0)" },
    { input: "binary-ties", expected: 0.7619047619047619, call: "sk.recall_score(y, q, pos_label=0)" },
    { input: "rare", expected: 0.8648648648648649, call: "sk.recall_score(y, q, pos_label=0)" },
    { input: "constant", expected: 1.0, call: "sk.recall_score(y, q, pos_label=0)" },
    { input: "perfect", expected: 1.0, call: "sk.recall_score(y, q, pos_label=0)" },
    { input: "three", expected: 0.8459801264679313, call: "specificity(y, p)" },
    { input: "four-rare", expected: 0.8796356722537335, call: "specificity(y, p)" },
    { input: "one-class", expected: 0.6666666666666666, call: "sk.recall_score(y, q, pos_label=0)" },
    { input: "all-positive", expected: Number.NaN, call: "undefined: a class is absent" },
    { input: "bin-edges", expected: 0.6666666666666666, call: "sk.recall_score(y, q, pos_label=0)" },
    { input: "three-one-absent", expected: 0.75, call: "specificity(y, p)" },
  ],
});
