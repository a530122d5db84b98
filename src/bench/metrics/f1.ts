/** F1 score of the most probable class: the harmonic mean of precision and recall. */
import { classCounts, defineMetric, positiveOrMacro } from "../metric";

export default defineMetric({
  id: "f1",
  label: "F1",
  direction: "higher",
  range: [0, 1],
  rank: 70,
  equivalence: 0.03,
  description:
    "Harmonic mean of precision and recall of the positive class; the mean over classes when " +
    "there are several. Undefined without positives; 0 when none of them is found.",
  baseline: null,
  compute: (input) => {
    const counts = classCounts(input);
    return positiveOrMacro(input.classes, (c) => {
      const { tp, fp, fn } = counts[c];
      return tp + fn === 0 ? Number.NaN : (2 * tp) / (2 * tp + fp + fn);
    });
  },
  cases: [
    { input: "binary", expected: 0.7037037037037037, call: "sk.f1_score(y, q)" },
    { input: "binary-ties", expected: 0.7027027027027027, call: "sk.f1_score(y, q)" },
    { input: "rare", expected: 0.47619047619047616, call: "sk.f1_score(y, q)" },
    { input: "constant", expected: 0.0, call: "sk.f1_score(y, q)" },
    { input: "perfect", expected: 1.0, call: "sk.f1_score(y, q)" },
    { input: "three", expected: 0.6848602988953867, call: 'sk.f1_score(y, q, average="macro")' },
    { input: "four-rare", expected: 0.5588156463335803, call: 'sk.f1_score(y, q, average="macro")' },
    { input: "one-class", expected: Number.NaN, call: "undefined: a class is absent" },
    { input: "all-positive", expected: 0.5, call: "sk.f1_score(y, q)" },
    { input: "bin-edges", expected: 0.6666666666666666, call: "sk.f1_score(y, q)" },
    { input: "three-one-absent", expected: Number.NaN, call: "undefined: a class is absent" },
  ],
});
