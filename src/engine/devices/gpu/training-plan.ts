/** Plans the kernels and the memory of a training program on WebGPU, and allocates nothing. */
import { bytesOf, flopsOf } from "../../graph/cost";
import { sizeOf } from "../../graph/tensor";
import { topological } from "../../graph/value";
import { type DeviceExcess, type MemoryUse, totalBytes, withFrozen } from "../../memory";
import { createOptimizer } from "../../optim";
import { aligned } from "../../plan/arena";
import { storesAsF16 } from "../../plan/f16-storage";
import { valuesOf, weightBytes } from "../../plan/memory";
import { arenaSizes, type ProgramPlan } from "../../plan/program";
import { planStep, type StepPlan } from "../../plan/training";
import type { TrainingProgramOptions, TrainingProgramPlan, UpdateOptions } from "../../training/device";
import { encoderOf, fedOf, type TrainingGraph } from "../../training/graph";
import type { GpuContext } from "./context";
import { planEvaluation } from "./inference-program";
import { planLimits } from "./program";

/** Number of losses that the device keeps between two reads. */
export const LOSS_SLOTS = 65_536;

/**
 * Byte offsets of tensors in one buffer, each aligned so that a kernel can bind it, and the
 * buffer's size in bytes.
 */
interface Layout {
  offsets: number[];
  bytes: number;
}

function layoutOf(sizes: readonly number[]): Layout {
  let bytes = 0;
  const offsets = sizes.map((size) => {
    const at = bytes;
    bytes += aligned(4 * size);
    return at;
  });
  return { offsets, bytes };
}

/** What `createGpuTrainingProgram` needs. */
export interface GpuTrainingPlan extends TrainingProgramPlan {
  update: UpdateOptions;
  step: StepPlan;
  /** Bytes of the training program without the frozen part. */
  use: MemoryUse;
  /** Where each trainable stands in the buffer of all trainables. */
  layout: Layout;
}

/**
 * Plans a training step. Activations get the memory that the weights, the optimiser and the frozen
 * part leave.
 */
export function planGpuTraining(
  context: GpuContext,
  graph: TrainingGraph,
  options: TrainingProgramOptions,
): GpuTrainingPlan {
  const { optimizer: spec, accumulates, precision, memory = Number.POSITIVE_INFINITY } = options;
  const layout = layoutOf(graph.trainables.map((t) => sizeOf(t.leaf.shape)));
  // Buffers of this size: trainables, the best trainables, gradients of a micro-batch, gradients of
  // a step if it has several micro-batches, and moments. The settings are too small to count.
  const optimizer = (3 + createOptimizer(spec).moments + (accumulates ? 1 : 0)) * layout.bytes;
  const isF16 = precision === "f16" ? storesAsF16 : () => false;
  const weights = weightBytes(valuesOf(graph), isF16);
  const workspace = bytesOf(fedOf(graph)) + 4 * LOSS_SLOTS;
  const encoder = encoderOf(graph);
  const frozen = encoder && planEvaluation(context, graph.image, encoder);
  const others = totalBytes(withFrozen({ weights, activations: 0, optimizer, workspace }, frozen?.use));
  const step = planStep(graph, { ...planLimits(context), storesAsF16: isF16 }, memory - others);
  const use = { weights, activations: step.activations, optimizer, workspace };
  const estimate = {
    ...withFrozen(use, frozen?.use),
    recomputed: step.recomputed.flops / flopsOf(topological([graph.loss, ...graph.gradients])),
    excess: excessOf(context, limitedSizes(step, frozen?.plan ?? null, layout)),
  };
  return { graph, update: { optimizer: spec, accumulates }, step, use, layout, estimate };
}

/** Every size that the device limits: of tensors that a kernel binds, and of whole buffers. */
function limitedSizes({ training, inference }: StepPlan, frozen: ProgramPlan | null, layout: Layout): LimitedSize[] {
  const step = [training, inference];
  const encoding = frozen ? [frozen] : [];
  return [
    ...[...step, ...encoding].flatMap(operandSizes),
    ...[...arenaSizes(step), ...arenaSizes(encoding)].map((bytes) => buffer("intermediate results", bytes)),
    buffer("trainables", layout.bytes),
  ];
}

interface LimitedSize {
  what: string;
  bytes: number;
  limit: "maxBufferSize" | "maxStorageBufferBindingSize";
}

const buffer = (what: string, bytes: number): LimitedSize => ({ what, bytes, limit: "maxBufferSize" });

const operandSizes = ({ dispatches }: ProgramPlan): LimitedSize[] =>
  dispatches.flatMap(({ label, operands }) =>
    operands.map(({ bytes }): LimitedSize => ({ what: label, bytes, limit: "maxStorageBufferBindingSize" })),
  );

/** The largest of the sizes that exceed their limit, or null if none does. */
function excessOf({ device: { limits } }: GpuContext, needs: readonly LimitedSize[]): DeviceExcess | null {
  const beyond = needs
    .map(({ what, bytes, limit }) => ({ what, bytes, limit: limits[limit] }))
    .filter(({ bytes, limit }) => bytes > limit);
  return beyond.reduce<DeviceExcess | null>((worst, e) => (worst && worst.bytes >= e.bytes ? worst : e), null);
}
