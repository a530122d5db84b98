/**
 * Expected calibration error over 15 bins of equal width. A bin excludes its lower edge and
 * includes its upper one. Naeini et al. 2015, doi:10.1609/aaai.v29i1.9602; Guo et al. 2017,
 * arXiv:1706.04599.
 */
import { decide, defineMetric } from "../metric";

const bins = 15;

/**
 * The bin (lower, upper] that holds p. The loops correct for rounding, so that the edges are
 * exactly those of np.linspace(0, 1, 16).
 */
function binOf(p: number): number {
  let bin = Math.min(bins - 1, Math.max(0, Math.ceil(p * bins) - 1));
  while (bin > 0 && p <= bin * (1 / bins)) bin--;
  while (bin < bins - 1 && p > (bin + 1) * (1 / bins)) bin++;
  return bin;
}

export default defineMetric({
  id: "ece",
  label: "ECE",
  direction: "lower",
  range: [0, 1],
  rank: 110,
  equivalence: 0.02,
  pooled: true,
  ofProbabilities: true,
  noInterval: true,
  description:
    "Mean gap between probability and observed share over 15 bins: of the positive class, or " +
    "of the decided class when there are several. Few images inflate it, even pooled over a " +
    "repeat; hence no interval. Compare it only between methods tested on the same images.",
  baseline: null,
  compute: ({ truth, probabilities, classes }) => {
    const gap = new Float64Array(bins);
    for (let i = 0; i < truth.length; i++) {
      const c = classes === 2 ? 1 : decide(probabilities[i]);
      const p = probabilities[i][c];
      gap[binOf(p)] += p - (truth[i] === c ? 1 : 0);
    }
    return gap.reduce((sum, g) => sum + Math.abs(g), 0) / truth.length;
  },
  cases: [
    { input: "binary", expected: 0.15377197265625, call: "ece(y, p)" },
    { input: "binary-ties", expected: 0.09375000000000001, call: "ece(y, p)" },
    { input: "rare", expected: 0.2126220703125, call: "ece(y, p)" },
    { input: "constant", expected: 0.15000000000000002, call: "ece(y, p)" },
    { input: "perfect", expected: 0.09375, call: "ece(y, p)" },
    { input: "three", expected: 0.15931919642857142, call: "ece(y, p)" },
    { input: "four-rare", expected: 0.10902777777777778, call: "ece(y, p)" },
    { input: "one-class", expected: 0.5, call: "ece(y, p)" },
    { input: "all-positive", expected: 0.5, call: "ece(y, p)" },
    { input: "bin-edges", expected: 0.3181818181818182, call: "ece(y, p)" },
    { input: "three-one-absent", expected: 0.125, call: "ece(y, p)" },
  ],
});
