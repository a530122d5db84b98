/**
 * The training step and the prediction as plans that share their memory, fitted into a budget by
 * recomputation.
 */
import { Builder } from "../graph/builder";
import { isLeaf, topological, type Value } from "../graph/value";
import type { TrainingGraph } from "../training/graph";
import { storageRoot } from "./fusion-groups";
import { arenaSizes, type PlanLimits, type ProgramPlan, planProgram } from "./program";
import { findSegments, recompute } from "./recompute";

export interface StepPlan {
  training: ProgramPlan;
  inference: ProgramPlan;
  /** Where each gradient of the graph is written, in its order. */
  gradients: readonly Value[];
  /** Bytes of the arenas that both plans use in turn. */
  activations: number;
  /**
   * Segments of the forward pass that the backward pass computes again, and what that adds to a
   * step.
   */
  recomputed: { segments: number; flops: number };
}

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

/**
 * Recomputes as little as the budget allows: the first segments first, since theirs are the results
 * kept longest. Numbers do not depend on it, only time does.
 *
 * @param budget bytes for activations; where even the smallest plan is larger, that plan comes back
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
  // Memory falls with the number of segments until the last ones, whose results are read at once.
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
 * The values that are to be written into the gradient buffer: the gradients' own memory where they
 * have one to themselves, else a copy (a cotangent may be shared by two trainables, or be an
 * input).
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
 * Indices of the values, those that are known first in front: what a gradient needs is then freed
 * early.
 */
function byDepth(values: readonly Value[]): number[] {
  const depth = new Map<Value, number>();
  for (const v of topological(values)) depth.set(v, 1 + Math.max(-1, ...v.inputs.map((i) => depth.get(i)!)));
  return values.map((_, i) => i).sort((a, b) => depth.get(values[a])! - depth.get(values[b])!);
}
