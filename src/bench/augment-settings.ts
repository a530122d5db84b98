/** Training settings of augmentation (`models/augment`). `training.ts` adds them to its own. */
import { z } from "zod";
import { transforms } from "../models/augment/draw";
import { field } from "./training-field";

export const augmentSettings = {
  augment: field(
    z
      .array(z.enum(transforms))
      // A run's identity contains this list, so the same set must always give the same list,
      // whatever the order in which a person chose the transforms.
      .overwrite((chosen) => transforms.filter((transform) => chosen.includes(transform)))
      .default([]),
    {
      title: "Transforms",
      group: "augmentation",
      later: true,
      description:
        "Training images alone are changed, in every epoch anew; frozen layers are then computed " +
        "at every step, and methods that read features alone go without. Flip mirrors left and " +
        "right: leave it out where the side matters, as it often does in radiographs",
    },
  ),
  augmentProbability: field(z.number().min(0).max(1).default(0.5), {
    title: "Probability",
    group: "augmentation",
    later: true,
    shownWhen: { key: "augment", is: transforms },
    description: "Of each transform on each image, one by one",
  }),
  augmentShift: field(z.number().min(0).max(0.5).default(0.1), {
    title: "Shift, share of the side",
    group: "augmentation",
    later: true,
    shownWhen: { key: "augment", is: "shift" },
    description: "Within ± this along both axes; the nearest edge fills, as in all that moves pixels",
  }),
  augmentZoom: field(z.number().min(0).max(0.5).default(0.1), {
    title: "Zoom",
    group: "augmentation",
    later: true,
    shownWhen: { key: "augment", is: "zoom" },
    description: "By a factor within 1 ± this",
  }),
  augmentRotation: field(z.number().min(0).max(180).default(10), {
    title: "Rotation, degrees",
    group: "augmentation",
    later: true,
    shownWhen: { key: "augment", is: "rotation" },
    description: "Within ± this",
  }),
  augmentElasticAlpha: field(z.number().min(0).max(1000).default(40), {
    title: "Elastic α, at most",
    group: "augmentation",
    later: true,
    shownWhen: { key: "augment", is: "elastic" },
    description: "Strength, from half of this to this; as at 224 px (Simard 2003)",
  }),
  augmentElasticSigma: field(z.number().min(1).max(100).default(7), {
    title: "Elastic σ, pixels",
    group: "augmentation",
    later: true,
    shownWhen: { key: "augment", is: "elastic" },
    description: "Smoothness of the deformation; as at 224 px, scaled with the image",
  }),
  augmentBrightness: field(z.number().min(0).max(1).default(0.2), {
    title: "Brightness",
    group: "augmentation",
    later: true,
    shownWhen: { key: "augment", is: "brightness" },
    description: "By a factor within 1 ± this",
  }),
  augmentContrast: field(z.number().min(0).max(1).default(0.2), {
    title: "Contrast",
    group: "augmentation",
    later: true,
    shownWhen: { key: "augment", is: "contrast" },
    description: "By a factor within 1 ± this, about the image's mean",
  }),
};
