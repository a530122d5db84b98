/**
 * The residual stream: sums of a value and of what a branch of layers makes of that same value.
 * A transformer's blocks are the stretches of it that begin with an attention branch.
 */
import type { Value } from "../graph/value";
import { behindViews, type GraphView, reaches } from "./graph-view";

export interface Residual {
  sum: Value;
  /** The operand that is passed on unchanged. */
  skip: Value;
  branch: Value;
  /**
   * What the branch reads: `skip` behind views, or, of parallel branches, what the first of them
   * reads.
   */
  root: Value;
}

/** Every residual sum of the graph, in order, by the sum. */
export function findResiduals(view: GraphView): Map<Value, Residual> {
  const found = new Map<Value, Residual>();
  for (const sum of view.order) {
    if (sum.op !== "Add" || !sum.inputs.every((i) => view.active.has(i))) continue;
    const [a, b] = sum.inputs;
    const [skip, branch] = view.position.get(a)! < view.position.get(b)! ? [a, b] : [b, a];
    // Parallel branches: x + f(x) + g(x) is a residual sum onto a residual sum of the same x.
    let root = behindViews(skip);
    while (!reaches(view, branch, root, true) && found.has(root)) root = behindViews(found.get(root)!.skip);
    if (reaches(view, branch, root, true)) found.set(sum, { sum, skip, branch, root });
  }
  return found;
}

/**
 * The chain of residual sums that ends with `last` (default: the last one of the graph), first sum
 * first.
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

/** True when the weighted sum `mix` of an attention is computed in the residual's branch. */
export function isInBranch(view: GraphView, r: Residual, mix: Value): boolean {
  const [from, at, to] = [r.root, mix, r.sum].map((v) => view.position.get(v)!);
  return at > from && at < to && reaches(view, r.branch, mix, false);
}

/**
 * The stream after each block: just before the next branch that holds an attention, and at the end.
 * Empty for networks without attention in their stream.
 *
 * @param mixes the attentions' weighted sums
 */
export function blockOutputs(view: GraphView, stream: readonly Residual[], mixes: readonly Value[]): Value[] {
  const hasAttention = (r: Residual) => mixes.some((m) => isInBranch(view, r, m));
  const starts = stream.map((r, i) => (hasAttention(r) ? i : -1)).filter((i) => i >= 0);
  return starts.map((_, k) => stream[(starts[k + 1] ?? stream.length) - 1].sum);
}
