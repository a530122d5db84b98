/** A band holds resampled curves of whole patients and agrees with a plain bootstrap. */
import { describe, expect, it } from "vitest";
import { createPrng } from "../base";
import { type BandOptions, curveBand } from "./curve-bands";
import type { Prediction } from "./record";
import { patientBootstrap } from "./stats";
import { thresholdCurve } from "./thresholds";

const prng = createPrng(5, "bands-test");
const predictions = Array.from({ length: 120 }, (_, i): Prediction => {
  const truth = i % 3 === 0 ? 1 : 0;
  // Scores of one decimal, so that ties occur.
  const p = Math.round(10 / (1 + Math.exp(-(truth ? 1 : -1) - prng.normal()))) / 10;
  return { image: `i${i}`, patient: `p${i % 60}`, truth, probabilities: [1 - p, p] };
});

function band(of: readonly Prediction[], options: Partial<BandOptions> & Pick<BandOptions, "kind">) {
  const steps = curveBand(of, { positive: 1, ...options });
  let count = 0;
  for (let step = steps.next(); ; step = steps.next(), count++) if (step.done) return { points: step.value, count };
}

/** Bounds at one place of the axis from an independent bootstrap with its own curve. */
function plainBounds(at: (curve: ReturnType<typeof thresholdCurve>) => number) {
  return patientBootstrap(
    predictions,
    (indices) => {
      const drawn = Array.from(indices, (i) => predictions[i]);
      const truth = drawn.map((p) => p.truth);
      return at(thresholdCurve({ truth, probabilities: drawn.map((p) => p.probabilities), classes: 2 }, 1));
    },
    { seed: 9, resamples: 4000 },
  );
}

describe("curveBand", () => {
  it("agrees with a bootstrap that computes every curve anew", () => {
    const roc = band(predictions, { kind: "roc", resamples: 4000 }).points;
    const sensitivity = plainBounds(({ points, positives, negatives }) => {
      const after = points.findIndex(({ fp }) => fp / negatives > 0.2);
      const [a, b] = [after > 0 ? points[after - 1] : { tp: 0, fp: 0 }, points[after]];
      return (a.tp + ((0.2 * negatives - a.fp) / (b.fp - a.fp)) * (b.tp - a.tp)) / positives;
    });
    expect(Math.abs(roc[10].low - sensitivity.low)).toBeLessThan(0.03);
    expect(Math.abs(roc[10].high - sensitivity.high)).toBeLessThan(0.03);
    const pr = band(predictions, { kind: "precision-recall", resamples: 4000 }).points;
    const precision = plainBounds(({ points, positives }) => {
      const { tp, fp } = points.find((point) => point.tp / positives >= 0.7)!;
      return tp / (tp + fp);
    });
    expect(pr[35].x).toBe(0.7);
    expect(Math.abs(pr[35].low - precision.low)).toBeLessThan(0.03);
    expect(Math.abs(pr[35].high - precision.high)).toBeLessThan(0.03);
  });

  it("yields once per resample, gives equal bands for equal seeds, and ends at full sensitivity", () => {
    const { points, count } = band(predictions, { kind: "roc" });
    expect(count).toBe(1000);
    expect(points).toHaveLength(51);
    expect(points.at(-1)).toEqual({ x: 1, low: 1, high: 1 });
    expect(points.every(({ low, high }) => low <= high)).toBe(true);
    expect(band(predictions, { kind: "roc" }).points).toEqual(points);
  });

  it("does not become narrower when each image stands four times under its patient", () => {
    const four = [1, 2, 3, 4].flatMap(() => predictions);
    const once = band(predictions, { kind: "roc", seed: 2 }).points;
    const repeated = band(four, { kind: "roc", seed: 2 }).points;
    repeated.forEach((point, i) => {
      expect(point.low).toBeCloseTo(once[i].low, 12);
      expect(point.high).toBeCloseTo(once[i].high, 12);
    });
  });

  it("is empty without images of both kinds", () => {
    const negative = predictions.map((p) => ({ ...p, truth: 0 }));
    expect(band(negative, { kind: "roc" }).points).toEqual([]);
  });
});
