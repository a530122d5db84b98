/**
 * What an optimiser is: one object, one file. It declares its settings and makes its update rule.
 * Plan files, forms, `radapt step --optimizer` and trainers read everything else from it.
 */
import { z } from "zod";
import { type SettingsSchema, setting } from "../../base/setting";
import { gradientSettings } from "./gradient-settings";
import type { Optimizer } from "./optimizer";

/** Weight decay λ ≥ 0 of every trainable, which every optimiser has. */
export const weightDecay = (value: number) =>
  setting(z.number().min(0).default(value), { title: "Weight decay", description: "0 = none" });

const beta = z.number().min(0).max(1);

/** β₁ and β₂, each in [0, 1]. */
export const betas = (beta1: number, beta2: number, description: string) =>
  setting(z.tuple([beta, beta]).readonly().default([beta1, beta2]), { title: "Betas", description });

/** The learning rate that torch.optim takes; a trainer takes it step by step instead. */
const learningRate = (value: number) => setting(z.number().nonnegative().default(value), { title: "Learning rate" });

export type OptimizerSettings = z.ZodObject<SettingsSchema["shape"] & { weightDecay: ReturnType<typeof weightDecay> }>;

/** Settings by name. */
type Shape = SettingsSchema["shape"];

/**
 * Functions stand as methods, so that the registry can hold optimisers of different settings in one
 * list.
 */
export interface OptimizerDef<
  Id extends string = string,
  Prefix extends string = string,
  S extends OptimizerSettings = OptimizerSettings,
  P extends Shape = Shape,
> {
  /** Plan files, stored records and `OptimizerSpec.name` hold this id. */
  id: Id;
  /** Name in forms. */
  label: string;
  paper: string;
  /** PyTorch's class for the same update, where there is one. */
  torch?: string;
  /** Default learning rate of `radapt step`. The plan's own default is one for all optimisers. */
  lr: number;
  /** How its learning rates compare with AdamW's, as a clause of the form's help text. */
  rates?: string;
  /** Whether weight decay acts on the trainable itself or is added to its gradient. */
  decay: "decoupled" | "coupled";
  /** In PyTorch's words and with its defaults. */
  settings: S;
  /**
   * The settings that a plan offers beside its `weightDecay`, with the plan's own defaults. The
   * others keep the defaults of `settings` there.
   */
  planSettings: P;
  /** A plan stores the setting `momentum` of the prefix "lion" as `lionMomentum`. */
  planPrefix: Prefix;
  /** @throws RadaptError for settings that exclude one another */
  create(settings: z.output<S>): Optimizer;
}

/**
 * Adds two schemas. `spec` is what a trainer's options hold. `torchArguments` is what torch.optim's
 * class takes, in one object with the name: `radapt step` and the args.json of tools/reference
 * write it so.
 */
export function defineOptimizer<
  Id extends string,
  Prefix extends string,
  S extends OptimizerSettings,
  P extends { readonly [K in keyof P]: K extends keyof S["shape"] ? z.ZodDefault<z.ZodType> : never } & Shape,
>(def: OptimizerDef<Id, Prefix, S, P>) {
  const shape: S["shape"] = def.settings.shape;
  const name = z.literal(def.id);
  return {
    ...def,
    spec: z.strictObject({ ...shape, ...gradientSettings, name }),
    torchArguments: z.strictObject({ ...shape, lr: learningRate(def.lr), name }),
  };
}
