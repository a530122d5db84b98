/**
 * Finds the residual stream: sums of a value and of what a branch of layers computes from the same
 * value. A transformer's block is the part of the stream that begins with an attention branch.
 */
import type { Value } from "../graph/value";
import { behindViews, type GraphView, reaches } from "./graph-view";

/** One residual sum. */
export interface Residual {
  sum: Value;
  /** The operand that passes through unchanged. */
  skip: Value;
  branch: Value;
  /**
   * The input of the branch: `skip` without views. For parallel branches, the input of the first
   * one.
   */
  root: Value;
}

/** Every residual sum of the graph, in order. The key is the sum. */
export function findResiduals(view: GraphView): Map<Value, Residual> {
  const found = new Map<Value, Residual>();
  for (const sum of view.order) {
    if (sum.op !== "Add" || !sum.inputs.every((i) => view.active.has(i))) continue;
    const [a, b] = sum.inputs;
    const [skip, branch] = view.position.get(a)! < view.position.get(b)! ? [a, b] : [b, a];
    // Parallel branches: in x + f(x) + g(x), a residual sum adds to another residual sum with the
    // same x.
    let root = behindViews(skip);
    while (!reaches(view, branch, root, true) && found.has(root)) root = behindViews(found.get(root)!.skip);
    if (reaches(view, branch, root, true)) found.set(sum, { sum, skip, branch, root });
  }
  return found;
}

/**
 * The chain of residual sums that ends with `last`, in order. Default: the last residual sum of the
 * graph.
 */
export function residualStream(
  residuals: ReadonlyMap<Value, Residual>,
  last: Residual | undefined = [...residuals.values()].at(-1),
): Residual[] {
  const chain: Residual[] = [];
  let at = last;
  while (at) {
    chain.unshift(at);
    at = residuals.get(behindViews(at.skip));
  }
  return chain;
}

/** Whether an attention's weighted sum `mix` is computed in the branch of a residual sum. */
export function isInBranch(view: GraphView, r: Residual, mix: Value): boolean {
  const [from, at, to] = [r.root, mix, r.sum].map((v) => view.position.get(v)!);
  return at > from && at < to && reaches(view, r.branch, mix, false);
}

/**
 * The stream after each block: before the next branch with an attention, and at the end. Empty for
 * networks without attention in their stream.
 *
 * @param mixes the attentions' weighted sums
 */
export function blockOutputs(view: GraphView, stream: readonly Residual[], mixes: readonly Value[]): Value[] {
  const hasAttention = (r: Residual) => mixes.some((m) => isInBranch(view, r, m));
  const starts = stream.map((r, i) => (hasAttention(r) ? i : -1)).filter((i) => i >= 0);
  return starts.map((_, k) => stream[(starts[k + 1] ?? stream.length) - 1].sum);
}
