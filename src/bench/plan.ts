/**
 * A plan is what a person asks for: data × backbones × methods × regimes × parts of a split ×
 * seeds. `expandPlan` turns it into run configurations. The hash of a configuration identifies the
 * run.
 */
import { z } from "zod";
import { featureKindIds, featureKinds } from "../engine/backbone/feature-choice";
import { primarySchema } from "./primary";
import { type SplitChoice, splitSchema, stratifiedGroupKFold } from "./protocols";
import { regimeSchema } from "./regime";
import { trainingOverridesSchema, trainingSchema } from "./training";
import { unitSchema } from "./unit";

export const preprocessingSchema = z.strictObject({
  channels: z
    .union([z.literal(1), z.literal(3)])
    .optional()
    .describe("Channels of the model's input; default 3. One channel holds the image's luma"),
  size: z.int().min(8).max(1024).describe("Side of the square input, pixels"),
  resize: z.int().min(8).max(2048).optional().describe("Short side before the centre crop; defaults to size"),
  interpolation: z.enum(["bicubic", "bilinear", "nearest"]).default("bicubic"),
  crop: z.enum(["crop", "pad", "stretch"]).default("crop"),
  mean: z.tuple([z.number(), z.number(), z.number()]).describe("Per channel, in units of value/255"),
  std: z.tuple([z.number().positive(), z.number().positive(), z.number().positive()]),
});

export const methodSchema = z.strictObject({
  id: z.string().describe("Method id, e.g. linear-probe, lora, full"),
  label: z.string().optional(),
  config: z
    .record(z.string(), z.unknown())
    .default({})
    .describe("Settings of the method; its own defaults fill the rest"),
  training: trainingOverridesSchema.default({}).describe("Overrides of the plan's training settings"),
});

const patientPathRules = {
  "first-number": "the file's name up to its first part with a digit, as in P012_3 or sub-01_ses-2",
  "all-but-last-part": "the file's name up to its last _, - or space",
  folder: "the image's folder",
  "parent-folder": "the folder above it",
} as const;
export type PatientPathRule = keyof typeof patientPathRules;

const patientPathSchema = z.enum(Object.keys(patientPathRules) as [PatientPathRule, ...PatientPathRule[]]).describe(
  "Without a patient column: the part of an image's path that names the patient. " +
    Object.entries(patientPathRules)
      .map(([id, part]) => `${id}: ${part}`)
      .join("; "),
);

const datasetRefSchema = z.union([
  z.strictObject({ demo: z.literal(true).describe("The synthetic chest phantoms") }),
  z.strictObject({ id: z.string().describe("A dataset in this browser's storage") }),
  z.strictObject({
    images: z.string().describe("Folder of images, relative to the plan file"),
    labels: z.string().describe("Table of outcomes (CSV), relative to the plan file"),
    columns: z.strictObject({
      image: z.string(),
      outcome: z.string(),
      patient: z.string().optional().describe("Groups images of one patient; without it the split is image-level"),
      patientFromPath: patientPathSchema.optional(),
      centre: z.string().optional().describe("The hospital or site, for a split by centre"),
      split: z.string().optional().describe("Words for training, validation and test, for a predefined split"),
      kept: z.array(z.string()).optional().describe("Further columns to keep with the images, for subgroups"),
    }),
    positive: z.string().optional().describe("The outcome value that counts as positive (two classes)"),
  }),
]);

/** Module pattern → role. In a pattern, `*` stands for one component of a path. */
export const rolesSchema = z.record(z.string().min(1), z.string());

const backboneRefSchema = z.strictObject({
  id: z.string().optional().describe("An embedded or stored backbone"),
  file: z.string().optional().describe("An .onnx file, relative to the plan file"),
  name: z.string().optional(),
  preprocessing: preprocessingSchema.optional(),
  feature: z
    .enum(featureKindIds)
    .default("auto")
    .describe(`Head input. ${featureKindIds.map((kind) => `${kind}: ${featureKinds[kind]}`).join(". ")}`),
  roles: rolesSchema
    .optional()
    .describe(
      'Corrects what layers are taken for: module pattern → role, e.g. {"layers.*.mlp.fc1": "mlp.up"}; see `radapt inspect`',
    ),
});

const planShape = z.strictObject({
  $schema: z.string().optional(),
  version: z.literal(1).default(1),
  name: z.string().default("Untitled plan"),
  dataset: datasetRefSchema,
  backbones: z.array(backboneRefSchema).min(1),
  methods: z.array(methodSchema).min(1),
  regimes: z.array(regimeSchema).min(1).default(["full"]),
  folds: stratifiedGroupKFold.config.shape.folds,
  split: splitSchema.optional().describe("Split protocol with its settings; goes before `folds`"),
  splitSeed: z.int().default(42).describe("Seeds the folds; the same for every method, so that results pair"),
  repeats: z
    .int()
    .min(1)
    .max(20)
    .default(1)
    .describe(
      "Number of partitions of the patients, with the seeds splitSeed, splitSeed + 1, …; more make results surer",
    ),
  seeds: z.array(z.int()).min(1).default([0]).describe("Each seeds initial values, shuffling and the k-shot draw"),
  primary: primarySchema.optional().describe("What decides, fixed before the first run"),
  unit: unitSchema.optional(),
  training: trainingSchema.prefault({}),
  audit: z
    .boolean()
    .optional()
    .describe(
      "Runs trivial inputs (thumbnail, border pixels, image size, age and sex) on the same splits, " +
        "to find shortcuts; plans of the app have it, plans without the field do not",
    ),
});

export const planSchema = planShape.superRefine(({ primary, methods }, context) => {
  if (primary?.reference === undefined || primary.reference < methods.length) return;
  const message = `must be the position of a method, from 0 to ${methods.length - 1}`;
  context.addIssue({ code: "custom", path: ["primary", "reference"], message });
});
export type Plan = z.infer<typeof planSchema>;
export type PlanInput = z.input<typeof planSchema>;

/** Seeds of a plan's partitions of the patients, one per repeat. */
export function planSplitSeeds({ splitSeed, repeats }: Pick<Plan, "splitSeed" | "repeats">): number[] {
  return Array.from({ length: repeats }, (_, repeat) => splitSeed + repeat);
}

/** The split protocol of a plan: `folds` stands for the settings of the default one. */
export function planSplit({ split, folds }: Pick<Plan, "split" | "folds">): SplitChoice {
  return split ?? { protocol: stratifiedGroupKFold.id, folds };
}

/**
 * The fields by which a plan names its split; the inverse of `planSplit`. The default protocol is
 * named by `folds` alone, as in plans stored before there were others, so that a plan keeps its id.
 */
export function splitFields(split: SplitChoice): Pick<PlanInput, "split" | "folds"> {
  return split.protocol === stratifiedGroupKFold.id ? stratifiedGroupKFold.config.parse(split) : { split };
}
