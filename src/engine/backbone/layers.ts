/**
 * Finds the layers that methods adapt and the role of every weight. A layer is a product with a
 * weight. Roles come from the structure of the graph (`roles.ts`), never from names. A manifest may
 * correct them.
 */
import type { Value } from "../graph/value";
import { type Attention, findAttention } from "./attention";
import { assertUsed, correctRoles, patternOf, type RoleCorrections } from "./corrections";
import { behindViews, type GraphView, isProduct, viewGraph } from "./graph-view";
import type { Layer } from "./layer";
import { findParameters, isNameless, type ParameterRole } from "./parameters";
import { findResiduals, type Residual } from "./residual";
import { assignRoles } from "./roles";

/** What was found in a graph. */
export interface Structure {
  view: GraphView;
  layers: Layer[];
  parameters: ParameterRole[];
  attentions: Attention[];
  residuals: ReadonlyMap<Value, Residual>;
  /** What is uncertain, in words for a person. */
  warnings: string[];
}

/** The parameter from which views lead to `v`, or null. */
function parameterOf(v: Value): Value | null {
  const root = behindViews(v);
  return root.op === "Parameter" && root.shape.length >= 2 ? root : null;
}

const moduleOf = (weight: Value) => weight.name!.replace(/[._]weight$/, "");

/**
 * The layer with the product `v`, or null. One operand must be a stored matrix or convolution
 * kernel.
 */
function layerOf(v: Value): Layer | null {
  const side = parameterOf(v.inputs[1]) ? 1 : parameterOf(v.inputs[0]) ? 0 : null;
  if (side === null || v.inputs[1 - side].op === "Constant") return null;
  const weight = parameterOf(v.inputs[side])!;
  const isModule = weight.name!.endsWith(".weight");
  // A matrix that is no module's weight and that the exporter did not transpose is a plain
  // parameter (x @ self.proj).
  if (weight.shape.length === 2 && !isModule && weight.attrs.transposed !== 1) return null;
  const spatial = weight.shape.length > 2;
  const transposed = weight.attrs.transposed === 1;
  const [rows, columns] = [weight.shape[0], weight.shape.slice(1).reduce((a, d) => a * d, 1)];
  const [outFeatures, inFeatures] = transposed && !spatial ? [columns, rows] : [rows, columns];
  const kind = spatial ? "conv" : "linear";
  return { module: moduleOf(weight), kind, role: "", inFeatures, outFeatures, product: v, weight, side, isModule };
}

/** Names as patterns, each with its count. */
function asPatterns(modules: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const module of modules) counts.set(patternOf(module), (counts.get(patternOf(module)) ?? 0) + 1);
  return [...counts].map(([pattern, n]) => (n > 1 ? `${pattern} (${n})` : pattern)).join(", ");
}

const counted = (n: number, what: string) => `${n.toLocaleString("en")} ${what}${n === 1 ? " has" : "s have"}`;

/** Warnings for layers and weights without a role, and for weights that no method can train. */
function missingRoles(view: GraphView, layers: readonly Layer[], parameters: readonly ParameterRole[]): string[] {
  const warnings: string[] = [];
  const idle = layers.filter((l) => !l.role);
  if (idle.length > 0)
    warnings.push(`${counted(idle.length, "layer")} no role: ${asPatterns(idle.map((l) => l.module))}`);
  const weights = new Set(layers.map((l) => l.weight));
  const loose = parameters.filter((p) => !p.role && !weights.has(p.value) && !idle.some((l) => l.module === p.module));
  if (loose.length > 0)
    warnings.push(`${counted(loose.length, "parameter")} no role: ${asPatterns(loose.map((p) => p.name))}`);
  const nameless = new Map(view.order.flatMap((v) => (isNameless(v) ? [...v.stored!] : [])));
  const elements = [...nameless.values()].reduce((sum, n) => sum + n, 0);
  if (elements > 0) {
    const names = [...nameless.keys()];
    const some = names.slice(0, 3).join(", ");
    warnings.push(
      `${counted(elements, "stored number")} no module's name, so that no method trains them: ${some}${names.length > 3 ? `, … (${names.length} tensors)` : ""}`,
    );
  }
  return warnings;
}

/**
 * Finds the layers, weights, attentions and residual sums on which `outputs` depend, with their
 * roles.
 *
 * @returns layers in order of computation
 * @throws RadaptError `model.roles` for a correction that fits nothing
 */
export function findStructure(outputs: readonly Value[], corrections: RoleCorrections = {}): Structure {
  const view = viewGraph(outputs);
  const layers = view.order.filter(isProduct).flatMap((v) => layerOf(v) ?? []);
  const products = new Map(layers.map((l) => [l.product, l]));
  const attentions = findAttention(view, (v) => products.has(v));
  const residuals = findResiduals(view);
  const doubts = new Map<string, Iterable<Layer>>();
  const found = { view, layers, products, attentions, residuals };
  assignRoles({ ...found, warn: (text, about) => doubts.set(text, about) });
  const corrected = new Set<object>(correctRoles(layers, corrections));
  const parameters = findParameters(found);
  correctRoles(parameters, corrections);
  assertUsed([...layers, ...parameters], corrections);
  const isSettled = (about: Iterable<Layer>) => [...about].length > 0 && [...about].every((l) => corrected.has(l));
  const open = [...doubts].flatMap(([text, about]) => (isSettled(about) ? [] : text));
  const warnings = [...open, ...missingRoles(view, layers, parameters)];
  return { view, layers, parameters, attentions, residuals, warnings };
}
