/**
 * Average precision: the area under the precision–recall curve, Σ (R_i − R_{i−1}) P_i, without
 * interpolation, as scikit-learn's average_precision_score computes it. Davis & Goadrich 2006,
 * doi:10.1145/1143844.1143874.
 */
import { defineMetric, positiveOrMacro } from "../metric";
import { thresholdCurve } from "../thresholds";

/**
 * The expected average precision of random scores without ties, of all orders of the images. It
 * exceeds the prevalence, much so with few images. Bestgen 2015, "Exact expected average precision
 * of the random baseline for system evaluation", doi:10.1515/pralin-2015-0007.
 */
function randomScores(positives: number, images: number): number {
  if (positives === 0 || images < 2) return Number.NaN;
  let harmonic = 0;
  for (let k = 1; k <= images; k++) harmonic += 1 / k;
  const others = (positives - 1) / (images - 1);
  return others + (harmonic / images) * (1 - others);
}

export default defineMetric({
  id: "average_precision",
  label: "PR-AUC",
  direction: "higher",
  range: [0, 1],
  rank: 20,
  equivalence: 0.03,
  pooled: true,
  description:
    "Average precision over all recalls of the positive class; the mean over classes, one " +
    "against the rest, when there are several. Small folds inflate it, so it comes from the " +
    "pooled predictions of a repeat. Compare it with what random scores reach, which is more " +
    "than the prevalence. Undefined when a class is absent.",
  baseline: {
    label: "chance",
    of: (prevalence, images) =>
      positiveOrMacro(prevalence.length, (c) => randomScores(Math.round(prevalence[c] * images), images)),
  },
  compute: (input) =>
    positiveOrMacro(input.classes, (c) => {
      const { positives, negatives, points } = thresholdCurve(input, c);
      if (positives === 0 || negatives === 0) return Number.NaN;
      let area = 0;
      let before = 0;
      for (const { tp, fp } of points) {
        area += ((tp - before) / positives) * (tp / (tp + fp));
        before = tp;
      }
      return area;
    }),
  cases: [
    { input: "binary", expected: 0.8160207648049884, call: "sk.average_precision_score(y, p[:, 1])" },
    { input: "binary-ties", expected: 0.8284600389863548, call: "sk.average_precision_score(y, p[:, 1])" },
    { input: "rare", expected: 0.7741013071895425, call: "sk.average_precision_score(y, p[:, 1])" },
    { input: "constant", expected: 0.4, call: "sk.average_precision_score(y, p[:, 1])" },
    { input: "perfect", expected: 1.0, call: "sk.average_precision_score(y, p[:, 1])" },
    {
      input: "three",
      expected: 0.7729442535922297,
      call: 'sk.average_precision_score(one_hot(y, p), p, average="macro")',
    },
    {
      input: "four-rare",
      expected: 0.6558815387466137,
      call: 'sk.average_precision_score(one_hot(y, p), p, average="macro")',
    },
    { input: "one-class", expected: Number.NaN, call: "undefined: a class is absent" },
    { input: "all-positive", expected: Number.NaN, call: "undefined: a class is absent" },
    { input: "bin-edges", expected: 0.689280318160451, call: "sk.average_precision_score(y, p[:, 1])" },
    { input: "three-one-absent", expected: Number.NaN, call: "undefined: a class is absent" },
  ],
});
