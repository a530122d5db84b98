/**
 * The difference that Plan announces is found in about 4 of 5 studies: simulated patients, two
 * nearest-mean classifiers that learn from features of their own, Radapt's own folds and test.
 */
import { describe, expect, it } from "vitest";
import { createPrng } from "../base";
import { metricOf } from "./metrics";
import { expectedDetectable, expectedSpread, partPower } from "./power";
import { divide, splitSchema } from "./protocols";
import { mean, pairedDifference } from "./stats";

interface Study {
  positives: number;
  negatives: number;
  folds: number;
  repeats: number;
  metric: string;
  /** Half the difference of the methods' signals: the one whose metrics differ as announced. */
  gap: number;
}

const FEATURES = 12;
const INFORMATIVE = 3;
const SIGNAL = 1.45;

const imagesOf = ({ positives, negatives }: Study) =>
  Array.from({ length: positives + negatives }, (_, i) => ({
    name: String(i),
    patient: `p${i}`,
    label: i < positives ? 1 : 0,
  }));
const splitOf = ({ folds }: Study) => splitSchema.parse({ protocol: "stratified-group-k-fold", folds });
const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, i) => sum + value * b[i], 0);

/** Features of every patient for two methods; they share half of their noise. */
function drawFeatures(study: Study, seed: number): number[][][] {
  const prng = createPrng(seed, "study");
  const methods: number[][][] = [[], []];
  for (const { label } of imagesOf(study)) {
    const shared = Array.from({ length: FEATURES }, () => prng.normal());
    methods.forEach((rows, m) => {
      const signal = ((label - 0.5) * (SIGNAL + (m === 0 ? study.gap : -study.gap))) / Math.sqrt(INFORMATIVE);
      rows.push(shared.map((z, d) => Math.SQRT1_2 * (z + prng.normal()) + (d < INFORMATIVE ? signal : 0)));
    });
  }
  return methods;
}

/** Difference of the two methods by Radapt's folds and test. */
function runStudy(study: Study, seed: number) {
  const dataset = { images: imagesOf(study), classes: ["no", "yes"] };
  const methods = drawFeatures(study, seed);
  const values: number[][] = [[], []];
  let testOverTrain = 0;
  for (let part = 0; part < study.folds * study.repeats; part++) {
    const splitSeed = 100 * seed + Math.floor(part / study.folds);
    const { train, test } = divide(dataset, { ...splitOf(study), splitSeed, part: String(part % study.folds) });
    testOverTrain = test.length / train.length;
    methods.forEach((features, m) => {
      const of = ({ name }: { name: string }) => features[Number(name)];
      const centre = (label: number) => {
        const own = train.filter((image) => image.label === label).map(of);
        return own[0].map((_, d) => mean(own.map((row) => row[d])));
      };
      const [negative, positive] = [centre(0), centre(1)];
      const weights = positive.map((value, d) => value - negative[d]);
      const bias = (dot(positive, positive) - dot(negative, negative)) / 2;
      const probabilities = test.map((image) => {
        const p = 1 / (1 + Math.exp(bias - dot(weights, of(image))));
        return [1 - p, p];
      });
      const truth = test.map(({ label }) => label);
      values[m].push(metricOf(study.metric).compute({ truth, probabilities, classes: 2 }));
    });
  }
  return pairedDifference(values[0], values[1], { testOverTrain, repeats: study.repeats });
}

const announced = (study: Study) => {
  const part = partPower({ images: imagesOf(study), classes: ["no", "yes"] }, splitOf(study), 1);
  const spread = expectedSpread(metricOf(study.metric), part.testPatients);
  return expectedDetectable(spread, { ...part, repeats: study.repeats, pairs: 1 });
};

const mcc = "matthews_corrcoef";
const studies: Study[] = [
  { positives: 30, negatives: 30, folds: 5, repeats: 1, metric: mcc, gap: 1.364 },
  { positives: 30, negatives: 120, folds: 5, repeats: 5, metric: mcc, gap: 0.6 },
  { positives: 30, negatives: 30, folds: 5, repeats: 5, metric: "roc_auc", gap: 0.7 },
];

describe("expectedDetectable", () => {
  it.each(studies)(
    "is found in about 80 % of studies: $metric, $positives + $negatives patients, $repeats × $folds folds",
    (study) => {
      const differences = Array.from({ length: 150 }, (_, seed) => runStudy(study, seed));
      const target = announced(study);
      expect(Math.abs(mean(differences.map((each) => each.mean)) / target - 1)).toBeLessThan(0.06);
      const power = mean(differences.map(({ p }) => (p < 0.05 ? 1 : 0)));
      expect(power).toBeGreaterThan(0.7);
      expect(power).toBeLessThan(0.9);
    },
    60_000,
  );

  it("falls with repeats, with patients, and with fewer pairs; one part alone allows no test", () => {
    const [study] = studies;
    expect(announced({ ...study, repeats: 5 })).toBeLessThan(0.8 * announced(study));
    expect(announced({ ...study, positives: 120, negatives: 120 })).toBeLessThan(0.6 * announced(study));
    const part = { testPatients: [6, 6], testOverTrain: 1 / 3, parts: 5, repeats: 1, pairs: 1 };
    expect(expectedDetectable(0.3, { ...part, pairs: 10 })).toBeGreaterThan(expectedDetectable(0.3, part));
    expect(expectedDetectable(0.3, { ...part, parts: 1 })).toBeNaN();
  });

  it("takes many patients and several classes", () => {
    const metric = metricOf(mcc);
    expect(expectedSpread(metric, [2000, 2000])).toBeCloseTo(expectedSpread(metric, [100, 100]) / Math.sqrt(20), 12);
    expect(expectedSpread(metric, [10, 10, 10])).toBeLessThan(expectedSpread(metric, [5, 5, 5]));
  });
});
