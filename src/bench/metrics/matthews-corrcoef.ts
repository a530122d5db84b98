/**
 * Matthews correlation coefficient; with more than two classes, Gorodkin's R_K. Matthews 1975,
 * doi:10.1016/0005-2795(75)90109-9; Gorodkin 2004, doi:10.1016/j.compbiolchem.2004.09.006.
 */
import { confusionMatrix, defineMetric } from "../metric";

export default defineMetric({
  id: "matthews_corrcoef",
  label: "MCC",
  direction: "higher",
  range: [-1, 1],
  rank: 10,
  equivalence: 0.05,
  description:
    "Correlation of decision and truth: 1 perfect, 0 no better than chance, whatever the " +
    "class balance. Undefined when the truth has one class only; 0 when every decision is " +
    "the same.",
  baseline: { label: "chance", of: () => 0 },
  compute: (input) => {
    const matrix = confusionMatrix(input);
    const n = input.truth.length;
    let correct = 0;
    let products = 0;
    let truthSquares = 0;
    let decisionSquares = 0;
    matrix.forEach((row, c) => {
      const truths = row.reduce((sum, count) => sum + count, 0);
      const decisions = matrix.reduce((sum, other) => sum + other[c], 0);
      correct += row[c];
      products += truths * decisions;
      truthSquares += truths * truths;
      decisionSquares += decisions * decisions;
    });
    if (truthSquares === n * n) return Number.NaN;
    if (decisionSquares === n * n) return 0;
    return (correct * n - products) / Math.sqrt((n * n - decisionSquares) * (n * n - truthSquares));
  },
  cases: [
    { input: "binary", expected: 0.4612794612794613, call: "sk.matthews_corrcoef(y, q)" },
    { input: "binary-ties", expected: 0.447801930486707, call: "sk.matthews_corrcoef(y, q)" },
    { input: "rare", expected: 0.4711594443404716, call: "sk.matthews_corrcoef(y, q)" },
    { input: "constant", expected: 0.0, call: "sk.matthews_corrcoef(y, q)" },
    { input: "perfect", expected: 1.0, call: "sk.matthews_corrcoef(y, q)" },
    { input: "three", expected: 0.5419360044009295, call: "sk.matthews_corrcoef(y, q)" },
    { input: "four-rare", expected: 0.4831655946982185, call: "sk.matthews_corrcoef(y, q)" },
    { input: "one-class", expected: Number.NaN, call: "undefined: a class is absent" },
    { input: "all-positive", expected: Number.NaN, call: "undefined: a class is absent" },
    { input: "bin-edges", expected: 0.2773500981126146, call: "sk.matthews_corrcoef(y, q)" },
    { input: "three-one-absent", expected: 0.22360679774997896, call: "sk.matthews_corrcoef(y, q)" },
  ],
});
