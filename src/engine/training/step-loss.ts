/** The loss of `radapt step` and of the cases in tools/reference, as JSON states it. */
import { z } from "zod";
import { DEFAULT_LOSS, lossNames, lossSchema } from "../losses";

/** Beside the loss's own settings: what the labels of a run would otherwise decide. */
const labelSettings = z.object({
  /** [C] shares of the classes, for a loss that adjusts the logits. */
  prior: z.array(z.number().positive()).optional(),
  /** Share of each target that goes to all classes alike. */
  labelSmoothing: z.number().min(0).lt(1).optional(),
});

/**
 * E.g. `{"name": "focal", "gamma": 2, "labelSmoothing": 0.1}`; without a name the default loss.
 * The parsed form holds the loss as a trainer's options name it under `spec`.
 */
export const stepLossSchema = labelSettings
  .extend({ name: z.enum(lossNames).default(DEFAULT_LOSS) })
  .loose()
  .transform(({ prior, labelSmoothing, ...named }, context) => {
    const { data: spec, error } = lossSchema.safeParse(named);
    if (spec) return { spec, prior, labelSmoothing };
    for (const { path, message } of error.issues) context.addIssue({ code: "custom", path, message });
    return z.NEVER;
  });

export type StepLossInput = z.input<typeof stepLossSchema>;
export type StepLoss = z.output<typeof stepLossSchema>;
