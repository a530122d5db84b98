/**
 * The training setting that chooses the loss, and the settings of each loss. `training.ts` adds
 * them to its own.
 */
import { z } from "zod";
import type { PrefixedKey } from "../base/setting";
import { DEFAULT_LOSS, type Loss, type LossDef, losses, lossNames } from "../engine/losses";
import { choiceFields } from "./choice-fields";
import { field } from "./training-field";

/** The settings of a loss L, each with the key under which a plan stores it. */
type PlanSetting<L> =
  L extends LossDef<string, infer Prefix, infer S>
    ? {
        [K in keyof S["shape"] & string]: { key: PrefixedKey<Prefix, K>; schema: S["shape"][K] };
      }[keyof S["shape"] & string]
    : never;

type PlanSettings = { [P in PlanSetting<Loss> as P["key"]]: P["schema"] };

/**
 * Collects the settings of all losses from their registry. The first signature gives the types of
 * the keys that the second one computes.
 */
function ownSettings(): PlanSettings;
function ownSettings(): Record<string, z.ZodDefault<z.ZodType>> {
  const choices = losses.map(({ settings, ...loss }: LossDef) => ({ ...loss, planSettings: settings.shape }));
  return choiceFields(choices, "loss", "loss");
}

const purposes = losses.flatMap(({ id, purpose }: LossDef) => (purpose ? [`${id}: ${purpose}`] : []));

export const lossSettings = {
  loss: field(z.enum(lossNames).default(DEFAULT_LOSS), {
    title: "Loss",
    group: "loss",
    later: true,
    labels: Object.fromEntries(losses.map(({ id, label }) => [id, label])),
    description: purposes.join("; "),
  }),
  ...ownSettings(),
};
