/**
 * Describes a parsed model: what the file contains, what was recognised, and what a forward pass
 * costs.
 */
import { groupBy } from "../../base/group-by";
import { printGraph } from "../graph/print";
import { topological, type Value } from "../graph/value";
import { buildGraph } from "../onnx/build";
import { opDef } from "../ops";
import { foldFrozen } from "../passes/fold";
import type { Model, ModelInfo } from "../types";
import { bindModel, fixedBatch, type OpenedModel } from "./bind";
import { patternOf } from "./corrections";
import { countElements } from "./open";

/** The layers of one role. */
export interface RoleSummary {
  role: string;
  /** Number of layers. */
  count: number;
  /** Distinct shapes as PyTorch writes them, e.g. "384→1536" or "64→64 3×3". */
  shapes: string[];
  /** Module patterns, e.g. "layers.*.mlp.fc1". */
  modules: string[];
}

/** A model's description. */
export interface Inspection {
  info: ModelInfo;
  /**
   * Operators in the file, after reading at this image size, and after the passes with all weights
   * frozen.
   */
  ops: { file: Record<string, number>; read: Record<string, number>; passes: Record<string, number> };
  roles: RoleSummary[];
  parameters: { role: string; count: number; elements: number }[];
  /**
   * Floating-point operations of one image's forward pass by role, 2 per multiply-add. Products of
   * activations count as "attention".
   */
  flops: { role: string; flops: number }[];
  totalFlops: number;
  warnings: string[];
}

function countOps(values: readonly Value[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const v of topological(values)) if (v.inputs.length > 0) counts[v.op] = (counts[v.op] ?? 0) + 1;
  return counts;
}

const unique = (texts: readonly string[]) => [...new Set(texts)];

/** Prints the graph for one batch as text, after the passes with all weights frozen. */
export function inspectModel(model: Model, options: { imageSize?: number } = {}): Inspection {
  const { file } = model as OpenedModel;
  const batch = fixedBatch(file);
  const bound = bindModel(model, batch, options.imageSize);
  const outputs = bound.outputs.map((o) => o.value);
  const byProduct = new Map(bound.layers.map((l) => [l.product, l.role || "no role"]));
  const inAttention = new Set(bound.attentions.flatMap((a) => [a.scores, a.mix]));
  const costs = bound.view.order.flatMap((v) => {
    const count = v.inputs.length > 0 && bound.view.active.has(v) ? opDef(v.op).flops : undefined;
    const role = byProduct.get(v) ?? (inAttention.has(v) ? "attention" : "other");
    return count ? [{ role, flops: count(v.inputs, v.attrs, v.shape) / batch }] : [];
  });
  const sum = (list: readonly { flops: number }[]) => list.reduce((total, c) => total + c.flops, 0);
  return {
    info: model.info,
    ops: {
      file: model.info.ops,
      read: countOps(buildGraph(file, batch, options.imageSize).outputs.map((o) => o.value)),
      passes: countOps(foldFrozen(outputs)),
    },
    roles: Array.from(
      groupBy(bound.layers, (l) => l.role || "no role"),
      ([role, layers]) => ({
        role,
        count: layers.length,
        shapes: unique(
          layers.map((l) => {
            const [, perGroup, ...kernel] = l.weight.shape;
            const groups = l.kind === "conv" ? Number(l.product.attrs.group ?? 1) : 1;
            const size = `${l.kind === "conv" ? perGroup * groups : l.inFeatures}→${l.outFeatures}`;
            return `${size}${l.kind === "conv" ? ` ${kernel.join("×")}` : ""}${groups > 1 ? ` groups ${groups}` : ""}`;
          }),
        ),
        modules: unique(layers.map((l) => patternOf(l.module))),
      }),
    ),
    parameters: Array.from(
      groupBy(bound.parameterRoles, (p) => p.role || "no role"),
      ([role, list]) => ({
        role,
        count: list.length,
        elements: countElements(list),
      }),
    ),
    flops: Array.from(
      groupBy(costs, (c) => c.role),
      ([role, list]) => ({ role, flops: sum(list) }),
    ),
    totalFlops: sum(costs),
    warnings: model.info.warnings,
  };
}

/** The graph for one image after the passes, with all weights frozen, as text. */
export function printModel(model: Model, options: { imageSize?: number } = {}): string {
  const bound = bindModel(model, fixedBatch((model as OpenedModel).file), options.imageSize);
  return printGraph(foldFrozen(bound.outputs.map((o) => o.value)));
}
