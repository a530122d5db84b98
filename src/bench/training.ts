/**
 * Training settings. Each has one entry with bounds, help text and section of the form. Forms, plan
 * files and run identities derive from these entries.
 */
import { z } from "zod";
import { canonicalJson } from "../base";
import { augmentSettings } from "./augment-settings";
import { lossSettings } from "./loss-settings";
import { headL2Setting, optimizerSettings, weightDecaySetting } from "./optimizer-settings";
import { field, type TrainingFieldMeta } from "./training-field";

export const trainingSchema = z.strictObject({
  epochs: field(z.int().min(1).max(10_000).default(30), {
    title: "Epochs, at most",
    group: "optimiser",
    description: "Upper bound; early stopping may end sooner",
  }),
  batch: field(z.int().min(1).max(1024).default(16), {
    title: "Batch",
    group: "optimiser",
    description: "Images per step",
  }),
  microBatch: field(z.int().min(0).max(1024).default(0), {
    title: "Micro-batch",
    group: "optimiser",
    description: "A batch passes in parts of at most this many: less memory, same result; 0 = as many as fit",
    later: true,
  }),
  precision: field(z.enum(["f32", "f16"]).default("f32"), {
    title: "Precision",
    group: "optimiser",
    description:
      "f16: the backbone's weights and intermediate results in half precision, for about half " +
      "the memory; trained weights stay in full. Needs a graphics card that offers it",
    later: true,
  }),
  ...optimizerSettings,
  lr: field(z.number().positive().default(1e-3), {
    title: "Learning rate",
    group: "optimiser",
    description: "Peak learning rate of the adapter or backbone",
  }),
  headLr: field(z.number().positive().default(1e-2), {
    title: "Head learning rate",
    group: "optimiser",
    description: "Peak learning rate of the linear head",
  }),
  weightDecay: weightDecaySetting,
  schedule: field(z.enum(["cosine", "plateau", "constant"]).default("cosine"), {
    title: "Schedule",
    group: "optimiser",
  }),
  warmup: field(z.number().min(0).max(1).default(0.1), {
    title: "Warm-up, share of steps",
    group: "optimiser",
    description: "Share of the steps with linear warm-up",
  }),
  patience: field(z.int().min(0).default(10), {
    title: "Patience, epochs",
    group: "optimiser",
    description:
      "Epochs without a better validation loss before stopping; 0 = never stop early. That " +
      "loss is cross-entropy weighted by class, whatever the training loss",
  }),
  ...lossSettings,
  classWeights: field(z.enum(["balanced", "effective", "none"]).default("balanced"), {
    title: "Class weights",
    group: "loss",
    description: "balanced: n / (C · n_c); effective: by the effective number of images (arXiv 1901.05555)",
  }),
  effectiveBeta: field(z.number().min(0).lt(1).default(0.999), {
    title: "Effective number β",
    group: "loss",
    later: true,
    shownWhen: { key: "classWeights", is: "effective" },
    description: "Weight (1 − β) / (1 − β^n_c): 0 weighs all alike, towards 1 as balanced",
  }),
  sampling: field(z.enum(["shuffle", "balanced"]).default("shuffle"), {
    title: "Sampling",
    group: "loss",
    later: true,
    description: "shuffle: each image once per epoch; balanced: as many draws, every class equally likely",
  }),
  labelSmoothing: field(z.number().min(0).lt(1).default(0), {
    title: "Label smoothing ε",
    group: "loss",
    later: true,
    description: "Share of each target that goes to all classes alike, as in PyTorch",
  }),
  mixup: field(z.number().min(0).max(100).default(0), {
    title: "Mixup α",
    group: "loss",
    later: true,
    description:
      "Mixes pairs of images by shares from Beta(α, α); 0 = off. Frozen layers are then " +
      "computed at every step; methods that read features alone go without (arXiv 1710.09412)",
  }),
  ...augmentSettings,
  standardize: field(z.boolean().default(true), {
    title: "Standardise features",
    group: "head",
    description: "Standardise features before the head with training-fold statistics",
  }),
  headLrs: field(
    z
      .array(
        z
          .number("Head learning rates to try must be numbers such as 0.01, 0.001.")
          .positive("Head learning rates to try must be above 0."),
      )
      .max(10, "At most ten head learning rates can be tried.")
      .default([]),
    {
      title: "Head learning rates to try",
      group: "head",
      later: true,
      description:
        "Trains once with each, keeps the one with the lowest validation loss, and only then " +
        "predicts the test fold. Empty: off",
    },
  ),
  headStart: field(z.enum(["zero", "probe"]).default("zero"), {
    title: "Head starts from",
    group: "head",
    description: "probe: from the linear probe (C 1) on the training images, then all is fine-tuned (arXiv 2202.10054)",
    later: true,
  }),
  headL2: headL2Setting,
});
export type Training = z.infer<typeof trainingSchema>;
export type TrainingKey = keyof Training;

export const trainingKeys = Object.keys(trainingSchema.shape) as TrainingKey[];

export const trainingMeta = (key: TrainingKey) => trainingSchema.shape[key].meta() as unknown as TrainingFieldMeta;

/**
 * A method's overrides of the plan's training. A missing key must stay missing: with `.partial()`
 * alone, zod would fill in the default, and that would override the plan.
 */
export const trainingOverridesSchema = z.strictObject(
  Object.fromEntries(
    Object.entries<z.ZodDefault<z.ZodType>>(trainingSchema.shape).map(([key, schema]) => [key, absentable(schema)]),
  ) as unknown as Absentable,
);

/** Tells whether the other settings give this one an effect. */
export function isInEffect(key: TrainingKey, training: Partial<Training>): boolean {
  const { shownWhen } = trainingMeta(key);
  if (!shownWhen) return true;
  const values: readonly unknown[] = [training[shownWhen.key as TrainingKey]].flat();
  return [shownWhen.is].flat().some((wanted) => values.includes(wanted));
}

/**
 * The settings that enter a run's identity. A newer setting enters only where it has an effect and
 * differs from its default. Stored settings may lack newer ones.
 */
export function identityOf(training: Training): Partial<Training> {
  const isTold = (key: TrainingKey) =>
    key in training && isInEffect(key, training) && canonicalJson(training[key]) !== canonicalJson(defaults[key]);
  const told = trainingKeys.filter((key) => !trainingMeta(key).later || isTold(key));
  return Object.fromEntries(told.map((key) => [key, training[key]]));
}

const defaults = trainingSchema.parse({});

type Shape = typeof trainingSchema.shape;
type Absentable = { [K in TrainingKey]: z.ZodOptional<ReturnType<Shape[K]["unwrap"]>> };

function absentable<T extends z.ZodType>(schema: z.ZodDefault<T>): z.ZodOptional<T> {
  return schema.unwrap().optional().meta(schema.meta()!);
}
