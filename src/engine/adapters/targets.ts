/**
 * Which layers a method adapts. A target is one of these:
 * - a word for a set of layers: "auto", "study", "all-linear"
 * - a role: "attn.q"
 * - a module's name or the end of it, as in PEFT
 * - a regular expression for the whole name of a module
 *
 * https://huggingface.co/docs/peft/package_reference/lora
 */
import type { z } from "zod";
import { RadaptError } from "../../base/error";
import { names, setting } from "../../base/setting";

/** The properties of a layer or normalisation that targets match. */
export interface Target {
  module: string;
  role: string;
  kind: string;
  isModule: boolean;
}

/** Words for sets of roles. A set may depend on the backbone. */
export type RoleSets = Readonly<Record<string, (layers: readonly Target[]) => readonly string[]>>;

/** The projections into attention: one fused projection, or three. */
export const attentionRoles = (layers: readonly Target[]): string[] =>
  layers.some((l) => l.role === "attn.qkv") ? ["attn.qkv"] : ["attn.q", "attn.k", "attn.v"];

/** Both layers of an MLP. */
export const MLP_ROLES = ["mlp.up", "mlp.down"];

/**
 * Query and value projections, separate or fused. This is LoRA's original choice (arXiv 2106.09685,
 * section 4.2).
 */
export const AUTO_ROLES = ["attn.q", "attn.v", "attn.qkv", "attn.kv"];

/** A word, a role, a module's name or a pattern; or a list of roles and modules' names. */
export type TargetNames = z.output<typeof names>;

const ROLES = "attn.q, attn.k, attn.v, attn.qkv, attn.out, mlp.up, mlp.down, conv";

/**
 * The setting that names a method's targets.
 *
 * @param auto what "auto" stands for
 * @param study what "study" stands for
 * @param more further help for this method
 */
export function targetsSetting(auto: string, study?: string, more = "") {
  const named = study ? ` study: those of arXiv 2506.18434, ${study}.` : "";
  return setting(names.default("auto"), {
    title: "Target layers",
    description: `auto: ${auto}.${named} Or roles (${ROLES}), module names (q_proj), all-linear.${more}`,
  });
}

const isNamed = (layer: Target, name: string) =>
  layer.isModule && (layer.module === name || layer.module.endsWith(`.${name}`));

const matches = (layer: Target, target: string) => layer.role === target || isNamed(layer, target);

/** Whether a layer is among the targets. */
export function isTarget(layer: Target, targets: TargetNames, layers: readonly Target[], sets: RoleSets = {}): boolean {
  if (Array.isArray(targets)) return targets.some((t) => matches(layer, t));
  if (sets[targets]) return sets[targets](layers).includes(layer.role);
  if (targets === "all-linear") return layer.isModule && layer.kind === "linear";
  return matches(layer, targets) || (layer.isModule && new RegExp(`^(?:${targets})$`).test(layer.module));
}

/**
 * The layers that the targets name.
 *
 * @throws RadaptError `method.targets` when none matches
 */
export function selectTargets<T extends Target>(layers: readonly T[], targets: TargetNames, sets: RoleSets): T[] {
  const chosen = layers.filter((layer) => isTarget(layer, targets, layers, sets));
  if (chosen.length > 0) return chosen;
  throw noTargets(targets, layers);
}

/**
 * The error for targets that match no layer.
 *
 * @param remedy for methods whose targets cannot be changed
 */
export function noTargets(targets: TargetNames, known: readonly Partial<Target>[], remedy?: string): RadaptError {
  const names = [...new Set(known.map((l) => l.role || l.module))];
  return new RadaptError("No layer of this backbone matches the method's targets", {
    code: "method.targets",
    expected: `one of ${names.slice(0, 20).join(", ") || "(the backbone has no adaptable layer)"}`,
    got: JSON.stringify(targets),
    remedy:
      remedy ??
      (targets === "auto"
        ? "This backbone has none of the layers that the method takes by itself: name target " +
          "layers, e.g. conv or all-linear, or use another method."
        : "Name roles or modules of this backbone."),
  });
}

/**
 * Looks up a module in PEFT's rank_pattern or alpha_pattern. The first key that matches the end of
 * its name counts.
 */
export function patternValue(pattern: Readonly<Record<string, number>>, module: string, fallback: number): number {
  for (const [key, value] of Object.entries(pattern)) {
    if (new RegExp(`^(?:.*\\.)?(?:${key})$`).test(module)) return value;
  }
  return fallback;
}
