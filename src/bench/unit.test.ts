/** Figures per patient equal scikit-learn's, and say what counts where images differ in class. */
import { describe, expect, it } from "vitest";
import { aggregate } from "./aggregate";
import fixture from "./fixtures/units.json";
import { planSchema } from "./plan";
import { withCorrectedProbabilities } from "./probabilities/of-record";
import type { Prediction } from "./record";
import { makeRecord } from "./testing";
import {
  evaluationUnits,
  hasSeveralImages,
  mixedPatients,
  mixedSentence,
  otherUnit,
  planUnit,
  suggestedUnit,
} from "./unit";
import { recordsByUnit } from "./unit-records";

const predictions = fixture.images.map(
  ({ patient, truth, score }, i): Prediction => ({
    image: `i${i}`,
    patient,
    truth,
    probabilities: [1 - score, score],
  }),
);
const record = makeRecord({ predictions });
const prediction = (patient: string, truth: number, probabilities: number[], i = 0): Prediction => ({
  image: `${patient}-${i}`,
  patient,
  truth,
  probabilities,
});

describe("recordsByUnit", () => {
  it("combines probabilities that were corrected image by image, and outputs as they are", () => {
    const images = [0.6, 0.2].map((p, i) => prediction("a", 1, [1 - p, p], i));
    const weighted = { ...makeRecord({ predictions: images }), trainCounts: { used: [30, 10], part: [30, 10] } };
    const [converted] = recordsByUnit([weighted], "patient-mean");
    expect(converted.predictions[0].probabilities[1]).toBeCloseTo(0.4, 12);
    // 0.6 · 1/4 to 0.4 · 3/4 are as 1 to 2; 0.2 · 1/4 to 0.8 · 3/4 as 1 to 12.
    const [corrected] = withCorrectedProbabilities(converted).predictions;
    expect(corrected.probabilities[1]).toBeCloseTo((1 / 3 + 1 / 13) / 2, 12);
  });

  it.each(["patient-mean", "patient-maximum", "patient-noisy-or"] as const)("equals scikit-learn by %s", (unit) => {
    const [converted] = recordsByUnit([record], unit);
    expect(converted.predictions).toHaveLength(24);
    expect(converted.metrics).toMatchObject(
      Object.fromEntries(Object.entries(fixture.expected[unit]).map(([id, value]) => [id, expect.closeTo(value, 12)])),
    );
    expect(converted).toMatchObject({ id: record.id, config: record.config, split: record.split });
    expect(recordsByUnit([record], unit)[0]).toBe(converted);
    expect(aggregate([converted])[0].key).toBe(aggregate([record])[0].key);
  });

  it("leaves records of images as they are", () => {
    expect(recordsByUnit([record], "image")[0]).toBe(record);
    const single = { ...record, dataset: { ...record.dataset, grouping: "image" as const } };
    expect(recordsByUnit([single], "patient-mean")[0]).toBe(single);
  });

  it("keeps probabilities of several classes a distribution, and takes the commonest class", () => {
    const three = makeRecord({
      classes: ["a", "b", "c"],
      predictions: [
        prediction("p", 2, [0.2, 0.2, 0.6], 0),
        prediction("p", 1, [0.5, 0.3, 0.2], 1),
        prediction("p", 1, [0.2, 0.7, 0.1], 2),
        prediction("q", 2, [0.1, 0.1, 0.8], 0),
        prediction("q", 0, [0.1, 0.1, 0.8], 1),
      ],
    });
    const [{ predictions: maximum }] = recordsByUnit([three], "patient-maximum");
    expect(maximum.map(({ truth }) => truth)).toEqual([1, 0]);
    // By hand: 0.5, 0.7 and 0.6, divided by their sum of 1.8.
    maximum[0].probabilities.forEach((p, c) => {
      expect(p).toBeCloseTo([0.5, 0.7, 0.6][c] / 1.8, 14);
    });
    const [{ predictions: mean }] = recordsByUnit([three], "patient-mean");
    expect(mean[0].probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 14);
  });
});

describe("words and choices", () => {
  it("counts the patients whose images differ and says what counts", () => {
    expect(mixedPatients([record])).toBe(1);
    expect(mixedSentence(0, ["no", "yes"])).toBe("");
    expect(mixedSentence(1, ["no", "yes"])).toBe("1 patient has images of different classes, which count as “yes”.");
    expect(mixedSentence(2, ["a", "b", "c"])).toMatch(/^2 patients have .* by the commonest class of the images\.$/);
  });

  it("suggests the patient where the outcome is the patient's", () => {
    const image = (patient: string, label: number) => ({ patient, label });
    expect(suggestedUnit([image("p", 0), image("q", 1)])).toBe("image");
    expect(suggestedUnit([image("p", 0), image("p", 0), image("q", 1)])).toBe("patient-mean");
    expect(suggestedUnit([image("p", 0), image("p", 1), image("q", 1)])).toBe("image");
    expect(hasSeveralImages([image("p", 0), image("q", 0)])).toBe(false);
  });

  it("takes images for plans that name no unit, and keeps such plans as they are", () => {
    const plan = planSchema.parse({ dataset: { demo: true }, backbones: [{ id: "x" }], methods: [{ id: "lora" }] });
    expect(planUnit(plan)).toBe("image");
    expect("unit" in plan).toBe(false);
    expect(evaluationUnits.map(otherUnit)).toEqual(["patient-mean", "image", "image", "image"]);
  });
});
