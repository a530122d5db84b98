/**
 * Golden values of scikit-learn, statsmodels, dcurves and MAPIE, and what must hold for any data.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createPrng } from "../../base";
import { type Interval, studentQuantile } from "../stats";
import { fitBinomial } from "./binomial-regression";
import { calibrationSummary, rarerPatients } from "./calibration";
import { classConditionalLimits, conformalSet, conformalSummary, splitLimits } from "./conformal";
import { decisionCurve } from "./decision-curve";
import type { FitOutcome } from "./fit";
import reference from "./fixtures/reference.json";
import { logOdds, rowOfLogOdds, sigmoid } from "./log-odds";
import { fitPlatt, scaleByPlatt } from "./platt";
import { correctPrior, trainedShares } from "./prior-correction";
import { binCount, reliabilityBins } from "./reliability";
import { fitTemperature, scaleByTemperature } from "./temperature";
import { chooseThreshold, operatingPoint } from "./threshold";

const near = (value: number, expected: number, tolerance = 1e-9) =>
  expect(Math.abs(value - expected), `${value} against ${expected}`).toBeLessThanOrEqual(
    tolerance * Math.max(1, Math.abs(expected)),
  );
const eachNear = (values: readonly number[], expected: readonly number[], tolerance?: number) => {
  expect(values).toHaveLength(expected.length);
  values.forEach((value, i) => near(value, expected[i], tolerance));
};
const rows = (p: readonly number[]) => p.map((value) => [1 - value, value]);
const [binary] = reference.binary;
const names = (patients: readonly number[]) => patients.map((patient) => `p${patient}`);

function resultOf<T>({ result, reason }: FitOutcome<T>): T {
  if (result === null) throw new Error(reason ?? "");
  return result;
}

describe("prior correction", () => {
  const { classCounts, balanced, plain } = reference.priorCorrection;
  const plainTraining = { classWeights: "none", sampling: "shuffle", effectiveBeta: 0.999, logitTau: 0 } as const;
  const data = classCounts.map((count) => count / classCounts.reduce((a, b) => a + b));

  it("turns scikit-learn's weighted fit into its unweighted one where the model is saturated", () => {
    const trained = trainedShares(classCounts, { ...plainTraining, classWeights: "balanced" });
    eachNear(trained, [0.5, 0.5]);
    balanced.forEach((row, i) => eachNear(correctPrior(row, trained, data), plain[i], 1e-10));
  });

  it("leaves the probabilities of plain training alone", () => {
    const trained = trainedShares([109, 30], plainTraining);
    eachNear(trained, data);
    eachNear(correctPrior([0.7, 0.3], trained, data), [0.7, 0.3]);
  });

  it("knows the shares that each setting trains with", () => {
    const shares = (change: object) => trainedShares([90, 10], { ...plainTraining, ...change });
    eachNear(shares({ sampling: "balanced" }), [0.5, 0.5]);
    eachNear(shares({ logitTau: 1 }), [0.5, 0.5]);
    // 0.9^0.5 and 0.1^0.5 are as 3 to 1.
    eachNear(shares({ logitTau: 0.5 }), [0.75, 0.25]);
    // Corrected twice: the weights 1/0.9 and 1/0.1 meet classes that are drawn equally often.
    eachNear(shares({ sampling: "balanced", classWeights: "balanced" }), [0.1, 0.9]);
    // n·(1 − β)/(1 − β^n) with β = 0.9: 90 · 0.1/(1 − 0.9^90), 10 · 0.1/(1 − 0.9^10).
    const mass = [9 / (1 - 0.9 ** 90), 1 / (1 - 0.9 ** 10)];
    eachNear(
      shares({ classWeights: "effective", effectiveBeta: 0.9 }),
      mass.map((value) => value / (mass[0] + mass[1])),
    );
    eachNear(trainedShares([4, 0, 4], { ...plainTraining, classWeights: "balanced" }), [0.5, 0, 0.5]);
  });

  it("is King and Zeng's correction of the intercept with two classes", () => {
    const share = fc.double({ min: 0.01, max: 0.99, noNaN: true });
    fc.assert(
      fc.property(share, share, share, (p, from, to) => {
        const [before, after] = [[1 - p, p], correctPrior([1 - p, p], [1 - from, from], [1 - to, to])];
        near(after[0] + after[1], 1);
        near(logOdds(after), logOdds(before) - Math.log(((1 - to) / to) * (from / (1 - from))));
        eachNear(correctPrior(after, [1 - to, to], [1 - from, from]), before);
      }),
    );
  });
});

describe("temperature scaling", () => {
  const { truth, probabilities } = reference.three.calibration;
  const cases = [
    ...reference.binary.map(({ truth, p }) => ({ truth, probabilities: rows(p) })),
    { truth, probabilities: probabilities.map((row) => row.map((p) => Math.max(p, 1e-5))) },
  ];

  it.each([0, 1, 2])("equals scikit-learn, case %i", (i) => {
    const { truth, probabilities } = cases[i];
    const temperature = resultOf(fitTemperature(truth, probabilities));
    near(temperature, reference.temperature[i].temperature);
    const losses = probabilities.map((row, k) => -Math.log(scaleByTemperature(row, temperature)[truth[k]]));
    near(losses.reduce((sum, loss) => sum + loss, 0) / losses.length, reference.temperature[i].logLoss);
  });

  it("keeps the order of the classes, and 1 changes nothing", () => {
    eachNear(scaleByTemperature([0.2, 0.5, 0.3], 1), [0.2, 0.5, 0.3]);
    const cold = scaleByTemperature([0.2, 0.5, 0.3], 3);
    expect(cold[1] > cold[2] && cold[2] > cold[0] && cold[1] < 0.5).toBe(true);
    eachNear(scaleByTemperature([1, 0], 2), [1, 0], 1e-7);
  });

  it("says why there is none", () => {
    const reasonOf = (truth: number[], p: number[]) => fitTemperature(truth, rows(p)).reason;
    expect(reasonOf([0, 0], [0.2, 0.4])).toMatch(/fewer than two classes/);
    expect(reasonOf([], [])).toMatch(/fewer than two classes/);
    expect(reasonOf([0, 1], [0.4, 0.7])).toMatch(/every validation image rightly/);
    expect(reasonOf([0, 1], [0.7, 0.4])).toMatch(/do not point/);
    expect(reasonOf([0, 1], [0.5, 0.5])).toMatch(/do not point/);
  });
});

describe("Platt scaling", () => {
  it.each([0, 1])("equals statsmodels with Platt's targets, case %i", (i) => {
    const { truth, p } = reference.binary[i];
    const { intercept, slope } = resultOf(fitPlatt(truth, rows(p)));
    near(intercept, reference.platt[i].intercept);
    near(slope, reference.platt[i].slope);
    near(scaleByPlatt([0.4, 0.6], { intercept, slope })[1], sigmoid(intercept + slope * Math.log(1.5)));
  });

  it("has a finite slope where the scores separate the classes", () => {
    const { slope } = resultOf(fitPlatt([0, 0, 1, 1], rows([0.1, 0.2, 0.8, 0.9])));
    expect(slope).toBeGreaterThan(0);
    expect(slope).toBeLessThan(2);
    const sure = [
      [1, 0],
      [1, 0],
      [0, 1],
      [1e-12, 1],
    ];
    expect(resultOf(fitPlatt([0, 0, 1, 1], sure)).slope).toBeLessThan(1);
  });

  it("says why there is none", () => {
    const reasonOf = (truth: number[], p: number[]) => fitPlatt(truth, rows(p)).reason;
    expect(reasonOf([1, 1], [0.2, 0.4])).toMatch(/fewer than two classes/);
    expect(reasonOf([0, 1], [0.3, 0.3])).toMatch(/same probability/);
    expect(reasonOf([0, 1], [0.7, 0.4])).toMatch(/did not mean more/);
  });

  it("is finite and keeps the order for any validation images, or says why not", () => {
    const image = fc.tuple(fc.nat({ max: 1 }), fc.double({ min: 0, max: 1, noNaN: true }));
    fc.assert(
      fc.property(fc.array(image, { minLength: 1, maxLength: 40 }), (images) => {
        const { result, reason } = fitPlatt(
          images.map(([label]) => label),
          rows(images.map(([, p]) => p)),
        );
        if (!result) return reason.length > 0;
        return Number.isFinite(result.intercept) && Number.isFinite(result.slope) && result.slope > 0;
      }),
    );
  });
});

describe("calibration slope and intercept", () => {
  it.each([0, 1])("equal statsmodels with errors by cluster, case %i", (i) => {
    const { truth, p, patient } = reference.binary[i];
    const { slope, large } = reference.recalibration[i];
    const patients = names(patient);
    const summary = resultOf(calibrationSummary({ truth, logOdds: rows(p).map(logOdds), patients }));
    const t = studentQuantile(0.975, rarerPatients({ truth, patients }) - 1);
    const errorOf = ({ low, high }: Interval) => (high - low) / (2 * t);
    near(summary.slope.value, slope.estimate[1]);
    near(errorOf(summary.slope), slope.clusterSe[1], 1e-8);
    near(summary.intercept.value, large.estimate[0]);
    near(errorOf(summary.intercept), large.clusterSe[0], 1e-8);
    expect(summary.patients).toBe(new Set(patient).size);
  });

  it("hold the true values in about 95 % of simulated data sets of 60 patients", () => {
    const prng = createPrng(5, "calibration coverage");
    // Probabilities that are twice too sure: slope 1/2 with the intercept 0, and the intercept at
    // slope 1 that 20,000 patients give.
    const draw = (count: number) => {
      const images = Array.from({ length: count }, (_, patient) => {
        const own = prng.normal();
        return Array.from({ length: 1 + prng.below(4) }, () => ({ patient, z: 1.3 * own + 0.4 * prng.normal() - 0.8 }));
      }).flat();
      const truth = images.map(({ z }) => (prng.uniform() < sigmoid(z) ? 1 : 0));
      const logOdds = images.map(({ z }) => 2 * z);
      return { truth, logOdds, patients: names(images.map(({ patient }) => patient)) };
    };
    const { intercept } = resultOf(calibrationSummary(draw(20_000)));
    const results = Array.from({ length: 300 }, () => resultOf(calibrationSummary(draw(60))));
    const held = (isHeld: (result: (typeof results)[number]) => boolean) => results.filter(isHeld).length / 300;
    const slopes = held(({ slope }) => slope.low <= 0.5 && 0.5 <= slope.high);
    const intercepts = held((own) => own.intercept.low <= intercept.value && intercept.value <= own.intercept.high);
    for (const share of [slopes, intercepts]) {
      expect(share).toBeGreaterThan(0.92);
      expect(share).toBeLessThan(0.98);
    }
  });

  it("recover how probabilities were spoilt: p' = sigmoid(a + b · logit p)", () => {
    const { truth, p, patient } = binary;
    const of = (z: number[]) => resultOf(calibrationSummary({ truth, logOdds: z, patients: names(patient) }));
    const z = rows(p).map(logOdds);
    near(of(z.map((value) => 2 * value)).slope.value, of(z).slope.value / 2);
    near(of(z.map((value) => value + 1)).intercept.value, of(z).intercept.value - 1);
  });

  it("say why there are none", () => {
    const reasonOf = (truth: number[], z: number[]) =>
      calibrationSummary({ truth, logOdds: z, patients: truth.map((_, i) => `p${i}`) }).reason;
    expect(reasonOf([0, 0], [1, 2])).toMatch(/one class/);
    expect(reasonOf([0, 0, 1], [-1, 0, 0])).toMatch(/separate/);
    expect(reasonOf([1, 1, 0], [-1, 0, 3])).toMatch(/separate/);
    expect(fitBinomial({ target: [0, 1, 1], x: [0, 0, 0] }).converged).toBe(false);
    expect(fitBinomial({ target: [0, 0, 1, 1], x: [-2, -1, 1, 2] }).converged).toBe(false);
  });
});

describe("reliability diagram", () => {
  const options = { seed: 1, resamples: 1000 };

  it.each([0, 1])("has scikit-learn's bins by quantile, case %i", (i) => {
    const { bins, observed, mean } = reference.reliability[i];
    const own = reliabilityBins({ ...binary, patients: names(binary.patient) }, bins, options);
    eachNear(
      own.map((bin) => bin.observed),
      observed,
    );
    eachNear(
      own.map((bin) => bin.mean),
      mean,
    );
  });

  it("keeps equal probabilities in one bin", () => {
    const { truth, p, patient } = reference.binary[1];
    const rounded = p.map((value) => Math.round(value * 10) / 10);
    const own = reliabilityBins({ truth, p: rounded, patients: names(patient) }, 5, options);
    eachNear(
      own.map((bin) => bin.observed),
      reference.reliability[2].observed,
    );
    const same = reliabilityBins({ truth: [0, 1, 1], p: [0.5, 0.5, 0.5], patients: ["a", "b", "c"] }, 3, options);
    expect(same).toMatchObject([{ images: 3, patients: 3, mean: 0.5 }]);
  });

  it("has bands about each share that are the same for the same seed, and never of no width", () => {
    const input = { ...binary, patients: names(binary.patient) };
    const bins = reliabilityBins(input, 10, options);
    expect(bins).toEqual(reliabilityBins(input, 10, options));
    for (const { low, observed, high } of bins) {
      expect(low).toBeLessThanOrEqual(observed);
      expect(high).toBeGreaterThanOrEqual(observed);
      expect(high - low).toBeGreaterThan(0.05);
    }
  });

  it("leaves about 20 images in a bin", () => {
    expect([0, 30, 60, 130, 1000].map(binCount)).toEqual([2, 2, 3, 6, 10]);
  });
});

describe("thresholds", () => {
  it.each([0, 1])("equal those of scikit-learn's roc_curve, case %i", (i) => {
    const data = reference.binary[i];
    const { youden, sensitivity, specificity } = reference.thresholds[i];
    const of = (rule: Parameters<typeof chooseThreshold>[1]) => resultOf(chooseThreshold(data, rule));
    const equal = (rule: Parameters<typeof chooseThreshold>[1], expected: typeof youden) => {
      const point = of(rule);
      expect(point.threshold).toBe(expected.threshold);
      near(point.sensitivity, expected.sensitivity);
      near(point.specificity, expected.specificity);
      expect(operatingPoint(data, point.threshold)).toEqual(point);
    };
    equal({ kind: "youden" }, youden);
    for (const { target, ...expected } of sensitivity) equal({ kind: "sensitivity", target }, expected);
    for (const { target, ...expected } of specificity) equal({ kind: "specificity", target }, expected);
  });

  it("say why there are none, and need no images for 0.5", () => {
    expect(chooseThreshold({ truth: [1], p: [0.3] }, { kind: "youden" }).reason).toMatch(/fewer than two/);
    expect(chooseThreshold({ truth: [1], p: [0.3] }, { kind: "half" }).result).toEqual({
      threshold: 0.5,
      sensitivity: 0,
      specificity: Number.NaN,
    });
    const beyond = chooseThreshold({ truth: [0, 1], p: [0.9, 0.1] }, { kind: "specificity", target: 1 });
    expect(beyond.result).toEqual({ threshold: Number.POSITIVE_INFINITY, sensitivity: 0, specificity: 1 });
  });
});

describe("decision curve", () => {
  it.each([0, 1])("equals dcurves, case %i", (i) => {
    const { thresholds, model, all, none } = reference.decisionCurve[i];
    const curve = decisionCurve(reference.binary[i], thresholds);
    eachNear(
      curve.map((point) => point.model),
      model,
    );
    eachNear(
      curve.map((point) => point.all),
      all,
    );
    eachNear(
      curve.map((point) => point.none),
      none,
    );
  });

  it("treats everybody below the lowest probability and nobody above the highest", () => {
    const [low, high] = decisionCurve({ truth: [0, 1, 1], p: [0.2, 0.5, 0.8] }, [0.1, 0.9]);
    near(low.model, low.all);
    expect(high.model).toBe(0);
  });
});

describe("conformal sets", () => {
  const { calibration, test } = reference.three;

  it.each([0, 1])("equal MAPIE's, case %i", (i) => {
    const expected = reference.conformal[i];
    const limits = splitLimits(calibration, 3, expected.level);
    eachNear(limits, new Array(3).fill(expected.limit), 1e-12);
    expect(test.probabilities.map((row) => conformalSet(row, limits).length)).toEqual(expected.sets);
    near(conformalSummary(test, limits).coverage, expected.coverage);
  });

  it.each([0, 1])("hold the level within each class, case %i", (i) => {
    const expected = reference.conformal[i];
    const limits = classConditionalLimits(calibration, 3, expected.level);
    eachNear(limits, expected.classLimits, 1e-12);
    expect(test.probabilities.map((row) => conformalSet(row, limits).length)).toEqual(expected.classSets);
    near(conformalSummary(test, limits).coverage, expected.classCoverage);
    for (const coverage of conformalSummary(calibration, limits).classCoverage)
      expect(coverage).toBeGreaterThanOrEqual(expected.level);
  });

  it("hold every class where there are too few images for the level", () => {
    const few = { truth: [0, 0, 1], probabilities: rows([0.1, 0.2, 0.7]) };
    expect(splitLimits(few, 2, 0.9)).toEqual([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
    expect(conformalSet([0.01, 0.99], classConditionalLimits(few, 2, 0.6))).toEqual([0, 1].slice(1));
    expect(conformalSummary({ truth: [0], probabilities: [[0.4, 0.6]] }, [0.5, 0.5])).toEqual({
      coverage: 0,
      classCoverage: [0, Number.NaN],
      meanSize: 1,
      singletons: 1,
    });
  });

  it("cover each further image at the level on average, for every number of validation images", () => {
    // Leaving each of n + 1 images out in turn, at least ⌈(n + 1)·level⌉ of them are covered.
    const values = fc.uniqueArray(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 30 });
    fc.assert(
      fc.property(values, fc.double({ min: 0.05, max: 0.95, noNaN: true }), (p, level) => {
        const data = rows(p);
        const covered = data.filter((row, out) => {
          const others = data.filter((_, i) => i !== out);
          const limits = splitLimits({ truth: others.map(() => 1), probabilities: others }, 2, level);
          return conformalSet(row, limits).includes(1);
        });
        return covered.length >= Math.floor(data.length * level);
      }),
    );
  });
});

describe("log-odds", () => {
  it("keep their digits near 0 and 1", () => {
    fc.assert(
      fc.property(fc.double({ min: -34, max: 34, noNaN: true }), (z) => void near(logOdds(rowOfLogOdds(z)), z)),
    );
    expect(Number.isFinite(logOdds([1, 0]))).toBe(true);
    expect([sigmoid(-1000), sigmoid(1000)]).toEqual([0, 1]);
  });
});
