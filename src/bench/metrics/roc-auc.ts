/**
 * Area under the ROC curve: the probability that a positive image scores above a negative one,
 * where a tie counts half. Hanley & McNeil 1982, doi:10.1148/radiology.143.1.7063747.
 */
import { defineMetric, positiveOrMacro } from "../metric";
import { thresholdCurve } from "../thresholds";

export default defineMetric({
  id: "roc_auc",
  label: "ROC-AUC",
  direction: "higher",
  range: [0, 1],
  rank: 30,
  equivalence: 0.025,
  description:
    "How often a positive image scores above a negative one; the mean over classes, one " +
    "against the rest, when there are several. Undefined when a class is absent.",
  baseline: { label: "chance", of: () => 0.5 },
  compute: (input) =>
    positiveOrMacro(input.classes, (c) => {
      const { positives, negatives, points } = thresholdCurve(input, c);
      if (positives === 0 || negatives === 0) return Number.NaN;
      let area = 0;
      let before = { tp: 0, fp: 0 };
      for (const point of points) {
        area += ((point.fp - before.fp) * (point.tp + before.tp)) / 2;
        before = point;
      }
      return area / positives / negatives;
    }),
  cases: [
    { input: "binary", expected: 0.8159371492704826, call: "sk.roc_auc_score(y, p[:, 1])" },
    { input: "binary-ties", expected: 0.8383458646616542, call: "sk.roc_auc_score(y, p[:, 1])" },
    { input: "rare", expected: 0.963963963963964, call: "sk.roc_auc_score(y, p[:, 1])" },
    { input: "constant", expected: 0.5, call: "sk.roc_auc_score(y, p[:, 1])" },
    { input: "perfect", expected: 1.0, call: "sk.roc_auc_score(y, p[:, 1])" },
    { input: "three", expected: 0.869269185642048, call: 'sk.roc_auc_score(one_hot(y, p), p, average="macro")' },
    { input: "four-rare", expected: 0.8719752232534687, call: 'sk.roc_auc_score(one_hot(y, p), p, average="macro")' },
    { input: "one-class", expected: Number.NaN, call: "undefined: a class is absent" },
    { input: "all-positive", expected: Number.NaN, call: "undefined: a class is absent" },
    { input: "bin-edges", expected: 0.6025641025641026, call: "sk.roc_auc_score(y, p[:, 1])" },
    { input: "three-one-absent", expected: Number.NaN, call: "undefined: a class is absent" },
  ],
});
