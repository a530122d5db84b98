/**
 * The residual stream: sums of a value and of what a branch of layers makes of that same value.
 * A transformer's blocks are the stretches of it that begin with an attention branch.
 */
import type { Value } from "../ir/value";
import { behindViews, type GraphView, reaches } from "./graph-view";

export interface Residual {
  sum: Value;
  /** The operand that is passed on unchanged. */
  skip: Value;
  branch: Value;
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
    if (reaches(view, branch, root, true)) found.set(sum, { sum, skip, branch });
  }
  return found;
}

/** The chain of residual sums that ends with the last one of the graph, first sum first. */
export function residualStream(residuals: ReadonlyMap<Value, Residual>): Residual[] {
  const chain: Residual[] = [];
  let at = [...residuals.values()].at(-1);
  while (at) {
    chain.unshift(at);
    at = residuals.get(behindViews(at.skip));
  }
  return chain;
}

/**
 * The stream after each block: just before the next branch that holds an attention, and at the end. Empty for
 * networks without attention in their stream.
 *
 * @param mixes the attentions' weighted sums
 */
export function blockOutputs(view: GraphView, stream: readonly Residual[], mixes: readonly Value[]): Value[] {
  const hasAttention = (r: Residual) => {
    const [from, to] = [view.position.get(behindViews(r.skip))!, view.position.get(r.sum)!];
    return mixes.some((m) => {
      const at = view.position.get(m)!;
      return at > from && at < to && reaches(view, r.branch, m, false);
    });
  };
  const starts = stream.map((r, i) => (hasAttention(r) ? i : -1)).filter((i) => i >= 0);
  return starts.map((_, k) => stream[(starts[k + 1] ?? stream.length) - 1].sum);
}
