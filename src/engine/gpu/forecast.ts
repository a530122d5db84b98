/** What training a graph will take on the device, by the same plans that training then follows. */
import type { ExecutorOptions } from "../executor";
import { flopsOf } from "../plan/memory";
import type { TrainingGraph } from "../training-graph";
import type { MemoryForecast } from "../types";
import type { GpuContext } from "./device";
import { planEvaluation } from "./evaluator";
import { planStep } from "./executor";

export function forecast(context: GpuContext, graph: TrainingGraph, options: ExecutorOptions): MemoryForecast {
  const { plan, use } = planStep(context, graph, options);
  const frozen = graph.frozen ? planEvaluation(context, graph.frozen).use : { weights: 0, activations: 0 };
  return {
    weights: use.weights + frozen.weights,
    activations: use.activations + frozen.activations,
    optimizer: use.optimizer,
    recomputed: plan.recomputed.flops / flopsOf([graph.loss, ...graph.gradients]),
  };
}
