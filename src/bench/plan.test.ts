/**
 * A plan's schema fills in defaults, refuses bad values, and decides which settings identify a run.
 */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { planSchema } from "./plan";
import { planPrimary, primaryField } from "./primary";
import { identityOf, type Training, trainingOverridesSchema, trainingSchema } from "./training";

const least = { dataset: { demo: true as const }, backbones: [{ id: "tiny" }], methods: [{ id: "lora" }] };

describe("planSchema", () => {
  it("fills the plan's training with defaults, and a method's overrides with none", () => {
    const plan = planSchema.parse({ ...least, methods: [{ id: "lora", training: { lr: 0.1 } }] });
    expect(plan.training).toMatchObject({ epochs: 30, lr: 1e-3, classWeights: "balanced" });
    expect(plan.methods[0].training).toEqual({ lr: 0.1 });
    expect(plan).toMatchObject({ folds: 5, splitSeed: 42, seeds: [0], regimes: ["full"] });
  });

  it("lets a method override every training setting, described alike", () => {
    expect(Object.keys(trainingOverridesSchema.shape)).toEqual(Object.keys(trainingSchema.shape));
    expect(trainingSchema.shape.batch.description).toBe("Images per step");
    expect(trainingOverridesSchema.shape.batch.description).toBe("Images per step");
    expect(trainingOverridesSchema.safeParse({ lr: -1 }).success).toBe(false);
  });

  it("identifies a run by the settings that the first records had, and by later ones where they are set", () => {
    const first = ["epochs", "batch", "lr", "headLr", "weightDecay", "headL2", "schedule", "warmup", "patience"];
    const keys = Object.keys(identityOf(trainingSchema.parse({})));
    expect(keys.toSorted()).toEqual([...first, "classWeights", "standardize"].toSorted());
    const focal = identityOf(trainingSchema.parse({ loss: "focal", focalGamma: 1, headLrs: [0.1] }));
    expect(focal).toMatchObject({ loss: "focal", focalGamma: 1, headLrs: [0.1] });
    expect(Object.keys(focal)).toHaveLength(keys.length + 3);
  });

  it("does not identify a run by settings without effect", () => {
    expect(identityOf(trainingSchema.parse({ focalGamma: 1, logitTau: 2, effectiveBeta: 0.5 }))).toEqual(
      identityOf(trainingSchema.parse({})),
    );
    expect(identityOf(trainingSchema.parse({ loss: "focal", focalGamma: 1, logitTau: 2 }))).not.toHaveProperty(
      "logitTau",
    );
  });

  it("identifies augmentation by the transforms in use, in whatever order they were chosen, and by their own settings", () => {
    const of = (training: object) => identityOf(trainingSchema.parse(training));
    const plain = of({});
    expect(of({ augmentShift: 0.2, augmentProbability: 0.9 })).toEqual(plain);
    const used = { augment: ["rotation", "shift", "rotation"], augmentShift: 0.2, augmentZoom: 0.3 };
    expect(of(used)).toEqual({ ...plain, augment: ["shift", "rotation"], augmentShift: 0.2 });
    expect(trainingOverridesSchema.parse({ augment: ["zoom", "shift"] })).toEqual({ augment: ["shift", "zoom"] });
    expect(trainingSchema.safeParse({ augment: ["shear"] }).success).toBe(false);
  });

  it("identifies settings that were stored before there were later ones as if those stood at their defaults", () => {
    const { loss, focalGamma, sampling, headLrs, ...stored } = trainingSchema.parse({});
    expect(identityOf(stored as Training)).toEqual(identityOf(trainingSchema.parse({})));
  });

  it("fills in what decides, and refuses a reference that is no method", () => {
    const plan = planSchema.parse(least);
    expect(plan).not.toHaveProperty("primary");
    expect(planPrimary(plan)).toEqual({ metric: "matthews_corrcoef", equivalence: 0.05 });
    expect(planPrimary({ primary: { metric: "roc_auc", reference: 0 } })).toEqual({
      metric: "roc_auc",
      reference: 0,
      equivalence: 0.025,
    });
    for (const primary of [
      { metric: "matthews_corrcoef", equivalence: 0.05 },
      { metric: "brier", reference: 1, equivalence: 0.1 },
    ])
      expect(planPrimary(primaryField(primary))).toEqual(primary);
    expect(planSchema.safeParse({ ...least, primary: { reference: 0 } }).success).toBe(true);
    const { error } = planSchema.safeParse({ ...least, primary: { reference: 1 } });
    expect(error?.issues[0].path).toEqual(["primary", "reference"]);
    expect(planSchema.safeParse({ ...least, primary: { metric: "luck" } }).success).toBe(false);
    expect(planSchema.safeParse({ ...least, primary: { equivalence: 0 } }).success).toBe(false);
  });

  it("refuses unknown keys and values outside their range", () => {
    expect(planSchema.safeParse({ ...least, fold: 5 }).success).toBe(false);
    expect(planSchema.safeParse({ ...least, folds: 1 }).success).toBe(false);
    expect(planSchema.safeParse({ ...least, regimes: [{ shots: 0 }] }).success).toBe(false);
  });

  it("becomes a JSON Schema that keeps descriptions and defaults", () => {
    const text = JSON.stringify(z.toJSONSchema(planSchema, { io: "input" }));
    expect(text).toContain('"description":"Images per step"');
    expect(text).toContain('"default":16');
  });
});
