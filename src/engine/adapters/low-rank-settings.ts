/** The settings of LoRA and of methods that extend it. Names follow PEFT. */
import { z } from "zod";
import { setting } from "../../base/setting";
import { patternValue, targetsSetting } from "./targets";

/** @param description what the method drops; by default the layers' inputs */
export const dropoutSetting = (
  description = "Share of the layer's inputs that the update does not see in a step; drawn anew each step.",
) => setting(z.number().min(0).max(0.9).default(0), { title: "Dropout", description });

/** @param aboutTargets text to add to the help on target layers */
export const lowRankSettings = (aboutTargets = "") => ({
  r: setting(z.int().min(1).max(256).default(8), {
    title: "Rank r",
    description: "Width of the update; parameters grow with it.",
  }),
  alpha: setting(z.number().min(1e-3).max(1024).default(16), {
    title: "Alpha",
    description: "The update is scaled by alpha / r.",
  }),
  targets: targetsSetting(
    "query and value projections",
    "qkv and the MLP where q, k and v are fused, else q, k and v",
    aboutTargets,
  ),
  dropout: dropoutSetting(),
  bias: setting(z.enum(["none", "all", "lora_only"]).default("none"), {
    title: "Biases",
    description: "Also train every bias of the backbone, or those of the target layers.",
  }),
  rslora: setting(z.boolean().default(false), {
    title: "Rank-stabilised",
    description: "Scale by alpha / √r instead (rsLoRA).",
  }),
  rankPattern: setting(z.record(z.string(), z.number()).default({}), {
    title: "Ranks by module",
    description: "PEFT's rank_pattern.",
    hidden: true,
  }),
  alphaPattern: setting(z.record(z.string(), z.number()).default({}), {
    title: "Alphas by module",
    description: "PEFT's alpha_pattern.",
    hidden: true,
  }),
});

export type LowRankConfig = z.output<z.ZodObject<ReturnType<typeof lowRankSettings>>>;

/** Where PEFT's adapter_config.json keeps these settings. */
export const lowRankPeft = {
  r: { key: "r" },
  alpha: { key: "lora_alpha", default: 8 },
  targets: { key: "target_modules" },
  dropout: { key: "lora_dropout" },
  bias: { key: "bias" },
  rslora: { key: "use_rslora" },
  rankPattern: { key: "rank_pattern" },
  alphaPattern: { key: "alpha_pattern" },
};

/** A label that distinguishes settings, e.g. "LoRA r 8 α 1 dropout 0.1". */
export function lowRankTitle(name: string, { r, alpha, dropout, bias }: LowRankConfig): string {
  const parts = [
    alpha !== 16 && `α ${alpha}`,
    dropout !== 0 && `dropout ${dropout}`,
    bias !== "none" && `bias ${bias}`,
  ];
  return [name, `r ${r}`, ...parts.filter(Boolean)].join(" ");
}

/** The rank r of a layer and the factor of its update: alpha / r, or alpha / √r with `rslora`. */
export function lowRankOf(config: LowRankConfig, module: string): { r: number; scaling: number } {
  const r = patternValue(config.rankPattern, module, config.r);
  const alpha = patternValue(config.alphaPattern, module, config.alpha);
  return { r, scaling: alpha / (config.rslora ? Math.sqrt(r) : r) };
}
