/**
 * The training graph as a device can hold it: attention without matrices where these do not fit.
 */
import { RadaptError } from "../../base/error";
import { topological } from "../graph/value";
import { totalBytes } from "../memory";
import type { Device, TrainingProgramOptions } from "./device";
import { buildTrainingGraph, type GraphOptions, type TrainingGraph } from "./graph";

type DeviceEstimate = ReturnType<Device["estimate"]>;

const holdsSoftmax = ({ loss, frozen }: TrainingGraph) =>
  topological([loss, ...(frozen ?? [])]).some((v) => v.op === "Softmax");

const noF16 = ({ info }: Device) =>
  new RadaptError("This device does not compute in half precision", {
    code: "gpu.no-f16",
    where: "precision f16",
    expected: "a WebGPU adapter with the feature shader-f16",
    got: `${info.label} (${info.kind})`,
    remedy: "Train with precision f32, or on a graphics card that offers half precision.",
  });

/** Whether `b` can run where `a` cannot, or comes nearer to the budget. */
function fitsBetter(b: DeviceEstimate, a: DeviceEstimate, memory: number): boolean {
  if (!a.excess !== !b.excess) return b.excess === null;
  return totalBytes(a) > memory && totalBytes(b) < totalBytes(a);
}

/**
 * Attention keeps its matrices as long as the device can hold them, if need be by recomputing
 * results: its numbers then do not depend on the device. Only WebGPU has kernels without them.
 *
 * @throws RadaptError as `buildTrainingGraph`; `gpu.no-f16` where the device lacks the precision
 *   asked for
 */
export function buildDeviceGraph(device: Device, given: GraphOptions, program: TrainingProgramOptions): TrainingGraph {
  const halves = program.precision === "f16";
  if (halves && !device.info.features.includes("shader-f16")) throw noF16(device);
  const maxBuffers = device.info.limits.maxStorageBuffersPerShaderStage;
  const kernels = device.info.kind === "webgpu" ? { maxBuffers } : undefined;
  const options = { ...given, scalesLoss: halves, kernels };
  const graph = buildTrainingGraph(options);
  if (device.info.kind !== "webgpu" || !holdsSoftmax(graph)) return graph;
  const memory = program.memory ?? Number.POSITIVE_INFINITY;
  const kept = device.estimate(graph, program);
  if (!kept.excess && totalBytes(kept) <= memory) return graph;
  const fused = buildTrainingGraph({ ...options, fusesAttention: true });
  return fitsBetter(device.estimate(fused, program), kept, memory) ? fused : graph;
}
