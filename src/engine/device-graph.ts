/** The training graph as a device can hold it: attention without matrices where these do not fit. */
import type { Backend, ExecutorOptions } from "./executor";
import { topological } from "./ir/value";
import { totalBytes } from "./memory";
import { buildTrainingGraph, type GraphOptions, type TrainingGraph } from "./training-graph";

type Forecast = ReturnType<Backend["forecast"]>;

const holdsSoftmax = ({ loss, frozen }: TrainingGraph) =>
  topological([loss, ...(frozen ?? [])]).some((v) => v.op === "Softmax");

/** Whether `b` can run where `a` cannot, or comes nearer to the budget. */
function fitsBetter(b: Forecast, a: Forecast, memory: number): boolean {
  if (!a.excess !== !b.excess) return b.excess === null;
  return totalBytes(a) > memory && totalBytes(b) < totalBytes(a);
}

/**
 * Attention keeps its matrices as long as the device can hold them, if need be by recomputing results: its numbers then do not depend
 * on the device. Only WebGPU has kernels without them.
 *
 * @throws RadaptError as `buildTrainingGraph`
 */
export function buildDeviceGraph(device: Backend, options: GraphOptions, executor: ExecutorOptions): TrainingGraph {
  const graph = buildTrainingGraph(options);
  if (device.info.kind !== "webgpu" || !holdsSoftmax(graph)) return graph;
  const memory = executor.memory ?? Number.POSITIVE_INFINITY;
  const kept = device.forecast(graph, executor);
  if (!kept.excess && totalBytes(kept) <= memory) return graph;
  const fused = buildTrainingGraph({ ...options, fusesAttention: true });
  return fitsBetter(device.forecast(fused, executor), kept, memory) ? fused : graph;
}
