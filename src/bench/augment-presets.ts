/** Presets of augmentation that the plan's form offers. */
import { transforms } from "../models/augment/draw";
import { type Training, trainingKeys, trainingMeta, trainingSchema } from "./training";

interface AugmentPreset {
  label: string;
  /** The augmentation settings that differ from their defaults. */
  training: Partial<Training>;
}

export const augmentPresets: readonly AugmentPreset[] = [
  { label: "Suggested", training: { augment: transforms.filter((transform) => transform !== "flip") } },
  {
    label: "As in arXiv 2405.13771",
    training: { augment: ["shift", "zoom", "flip", "rotation", "elastic"], augmentProbability: 0.3 },
  },
  { label: "None", training: {} },
];

/** Every augmentation setting of a preset, defaults included. */
export function presetTraining({ training }: AugmentPreset): Partial<Training> {
  const complete = trainingSchema.parse(training);
  const keys = trainingKeys.filter((key) => trainingMeta(key).group === "augmentation");
  return Object.fromEntries(keys.map((key) => [key, complete[key]]));
}
