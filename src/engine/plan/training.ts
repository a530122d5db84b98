/**
 * Plans the training step and the prediction with common memory. If the step exceeds a budget of
 * memory, it recomputes values of the forward pass.
 */
import { Builder } from "../graph/builder";
import { isLeaf, topological, type Value } from "../graph/value";
import type { TrainingGraph } from "../training/graph";
import { storageRoot } from "./fusion-groups";
import { arenaSizes, type PlanLimits, type ProgramPlan, planProgram } from "./program";
import { findSegments, recompute } from "./recompute";

/** The plans of a trainer. */
export interface StepPlan {
  training: ProgramPlan;
  inference: ProgramPlan;
  /** For each gradient of the graph, in its order, the value that holds it in memory. */
  gradients: readonly Value[];
  /** Bytes of the arenas, which both plans use in turn. */
  activations: number;
  /**
   * How many segments of the forward pass the backward pass computes again, and the floating-point
   * operations that this adds to a step.
   */
  recomputed: { segments: number; flops: number };
}

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

/**
 * Recomputes as few segments as the budget allows. It takes the first segments first, because their
 * results are kept longest. The budget changes time and memory, never a number.
 *
 * @param budget bytes for activations. If even the smallest plan exceeds it, that plan is returned.
 */
export function planStep(graph: TrainingGraph, limits: PlanLimits, budget = Number.POSITIVE_INFINITY): StepPlan {
  const inference = planProgram([graph.logits], new Set(), limits);
  const sources = gradientSources(graph.gradients);
  const segments = findSegments(graph.loss, graph.inputs);
  const order = byDepth(sources);

  const attempt = (kept: readonly number[]): StepPlan => {
    const { outputs, late, flops } = recompute([graph.loss, ...order.map((i) => sources[i])], segments, kept);
    const gradients = sources.slice();
    order.forEach((i, k) => {
      gradients[i] = outputs[k + 1];
    });
    const training = planProgram(outputs, new Set(gradients), limits, late);
    const activations = sum(arenaSizes([training, inference]));
    const recomputed = { segments: kept.length, flops };
    return { training, inference, gradients, activations, recomputed };
  };

  let best = attempt([]);
  if (best.activations <= budget) return best;
  // Binary search. Memory falls as more segments are recomputed, except for the last ones, because
  // the backward pass reads their results at once.
  let [fewest, most] = [1, segments.cuts.length];
  while (fewest <= most) {
    const middle = (fewest + most) >> 1;
    const plan = attempt(segments.cuts.slice(0, middle));
    const fits = plan.activations <= budget;
    if (fits || plan.activations < best.activations) best = plan;
    if (fits) most = middle - 1;
    else fewest = middle + 1;
  }
  return best;
}

/**
 * The values to write into the gradient buffer. A gradient that owns its memory stays as it is.
 * Otherwise it needs a copy: two trainables may share one cotangent, or the gradient may be an
 * input.
 */
function gradientSources(gradients: readonly Value[]): Value[] {
  const b = new Builder();
  const taken = new Set<Value>();
  return gradients.map((g) => {
    const root = storageRoot(g);
    const source = isLeaf(root) || taken.has(root) ? b.op("Copy", [g]) : root;
    taken.add(source);
    return source;
  });
}

/**
 * The indices of the values, sorted by depth in the graph. Gradients that are known early come
 * first, so that memory for what they need is freed early.
 */
function byDepth(values: readonly Value[]): number[] {
  const depth = new Map<Value, number>();
  for (const v of topological(values)) depth.set(v, 1 + Math.max(-1, ...v.inputs.map((i) => depth.get(i)!)));
  return values.map((_, i) => i).sort((a, b) => depth.get(values[a])! - depth.get(values[b])!);
}
