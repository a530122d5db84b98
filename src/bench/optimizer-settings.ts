/**
 * The part of a plan's training settings that concerns the optimiser: which one, the settings of
 * each, the clipping of gradients, and weight decay. `training.ts` puts them among the others.
 */
import { z } from "zod";
import { type PrefixedKey, settingRow } from "../base/setting";
import {
  DEFAULT_OPTIMIZER,
  gradientSettings,
  type OptimizerDef,
  type OptimizerEntry,
  optimizerNames,
  optimizers,
} from "../engine/optim";
import { choiceFields } from "./choice-fields";
import { field, type TrainingFieldMeta } from "./training-field";

/** The settings that a plan offers for an optimiser O, each with its key in the plan. */
type PlanSetting<O> =
  O extends OptimizerDef<string, infer Prefix, infer _Settings, infer P>
    ? { [K in keyof P & string]: { key: PrefixedKey<Prefix, K>; schema: P[K] } }[keyof P & string]
    : never;

type PlanSettings = { [P in PlanSetting<OptimizerEntry> as P["key"]]: P["schema"] };

const group = "optimiser" satisfies TrainingFieldMeta["group"];

/**
 * Collects the optimisers' own settings from the registry. The first signature gives callers the
 * exact keys, which the second one cannot derive.
 */
function ownSettings(): PlanSettings;
function ownSettings(): Record<string, z.ZodDefault<z.ZodType>> {
  return choiceFields(optimizers, "optimizer", group);
}

const labelsOf = (decay: OptimizerDef["decay"]) =>
  optimizers
    .filter((optimizer) => optimizer.decay === decay)
    .map(({ label }) => label)
    .join(" and ");

export const optimizerSettings = {
  optimizer: field(z.enum(optimizerNames).default(DEFAULT_OPTIMIZER), {
    title: "Optimiser",
    group,
    labels: Object.fromEntries(optimizers.map(({ id, label }) => [id, label])),
    description: optimizers.flatMap(({ rates }: OptimizerDef) => rates ?? []).join(", "),
    later: true,
  }),
  ...ownSettings(),
  clipNorm: field(gradientSettings.clipNorm, { ...metaOf("clipNorm"), group, later: true }),
};

export const weightDecaySetting = field(z.number().min(0).default(0.01), {
  title: "Weight decay",
  group,
  description: `Decoupled for ${labelsOf("decoupled")}; added to the gradient for ${labelsOf("coupled")}`,
});

export const headL2Setting = field(gradientSettings.headL2, { ...metaOf("headL2"), group: "head" });

/** Title and help of a setting of the gradient. */
function metaOf(key: keyof typeof gradientSettings): Pick<TrainingFieldMeta, "title" | "description"> {
  const { title, description } = settingRow(key, gradientSettings[key]);
  return { title, description };
}
