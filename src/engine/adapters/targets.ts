/**
 * Which layers a method adapts: by role ("attn.q"), by module name as PEFT matches it (the name or its end), by a regular
 * expression (a string), or "all-linear". https://huggingface.co/docs/peft/package_reference/lora
 */
import { RadaptError } from "../../base/error";
import type { Layer } from "../layers";
import type { ConfigField } from "./define";

/** Query and value projections, separate or fused: LoRA's original choice (arXiv 2106.09685, section 4.2). */
const AUTO_ROLES = ["attn.q", "attn.v", "attn.qkv", "attn.kv"];

export const targetsField: ConfigField = {
  key: "targets",
  label: "Target layers",
  kind: "strings",
  default: "auto",
  help: "auto: query and value projections. Or roles (attn.q, attn.k, attn.v, attn.qkv, attn.out, mlp.up, mlp.down, conv), module names (q_proj), all-linear.",
};

function matches(layer: Layer, target: string): boolean {
  return layer.role === target || (layer.isModule && (layer.module === target || layer.module.endsWith(`.${target}`)));
}

export function selectTargets(layers: readonly Layer[], targets: unknown): Layer[] {
  const chosen = layers.filter((layer) => {
    if (targets === "auto") return AUTO_ROLES.includes(layer.role);
    if (targets === "all-linear") return layer.isModule && layer.kind === "linear";
    if (typeof targets === "string")
      return layer.isModule && (matches(layer, targets) || new RegExp(`^(?:${targets})$`).test(layer.module));
    return (targets as string[]).some((t) => matches(layer, t));
  });
  if (chosen.length > 0) return chosen;
  const known = [...new Set(layers.map((l) => l.role || l.module))];
  throw new RadaptError("No layer of this backbone matches the method's targets", {
    code: "method.targets",
    expected: `one of ${known.slice(0, 20).join(", ") || "(the backbone has no adaptable layer)"}`,
    got: JSON.stringify(targets),
    remedy:
      targets === "auto"
        ? "This backbone has no attention that Radapt recognises: name target layers, e.g. conv or all-linear, or use the linear probe."
        : "Name roles or modules of this backbone.",
  });
}

/** The value of PEFT's rank_pattern or alpha_pattern for a module: the first key that matches its end. */
export function patternValue(pattern: unknown, module: string, fallback: number): number {
  for (const [key, value] of Object.entries((pattern ?? {}) as Record<string, number>)) {
    if (new RegExp(`^(?:.*\\.)?(?:${key})$`).test(module)) return value;
  }
  return fallback;
}
