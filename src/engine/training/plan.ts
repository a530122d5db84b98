/**
 * Plans a trainer before anything is allocated: builds its graph, once, and lets the device plan
 * the kernels and the memory. Whoever wants the estimate reads it from the plan, and a trainer is
 * created from the same plan.
 */
import { RadaptError } from "../../base/error";
import { bytesOf } from "../graph/cost";
import { topological } from "../graph/value";
import { totalBytes } from "../memory";
import { completeOptimizer } from "../optim";
import type { MemoryEstimate, TrainerOptions, TrainerPlanOptions, TrainingPlan } from "../types";
import type { Device, TrainingProgramOptions, TrainingProgramPlan } from "./device";
import { buildTrainingGraph, encoderOf, type GraphOptions, type TrainingGraph } from "./graph";

/** What stands behind a `TrainingPlan`. */
export interface PlannedTraining extends TrainingPlan {
  readonly options: TrainerPlanOptions;
  readonly program: TrainingProgramPlan;
}

/** Images of one micro-batch. */
const microBatchSize = ({ batch, microBatch }: TrainerPlanOptions) =>
  microBatch ? Math.min(microBatch, batch) : batch;

/** @throws RadaptError as `createTrainer` does for what cannot be trained */
export function planTraining(options: TrainerPlanOptions): TrainingPlan {
  const device = options.device as Device;
  const { memory, precision, batch } = options;
  const optimizer = completeOptimizer(options.optimizer);
  const size = microBatchSize(options);
  const program = planForDevice(
    device,
    { ...options, batch: size },
    { optimizer, memory, precision, accumulates: size < batch },
  );
  const { graph } = program;
  const encoded = bytesOf(encoderOf(graph) ? graph.inputs : []) / graph.batch;
  const planned: PlannedTraining = { options, program, estimate: { ...program.estimate, encoded } };
  return planned;
}

/**
 * The memory that a trainer with the same options takes. Nothing is allocated and no kernel is
 * compiled. On WebGPU the numbers are equal to `Trainer.bytes`.
 *
 * @throws RadaptError as `createTrainer` does for what cannot be trained
 */
export const estimateMemory = (options: TrainerPlanOptions): MemoryEstimate => planTraining(options).estimate;

const decisive = Object.keys({
  model: true,
  device: true,
  method: true,
  classes: true,
  batch: true,
  microBatch: true,
  imageSize: true,
  feature: true,
  optimizer: true,
  loss: true,
  cutFrozen: true,
  dropout: true,
  memory: true,
  precision: true,
} satisfies Record<keyof TrainerPlanOptions, true>) as (keyof TrainerPlanOptions)[];

/**
 * The options' own plan, or a new one.
 *
 * @throws RadaptError `engine.plan` for a plan of other options
 */
export function planOf({ plan, ...options }: TrainerOptions): PlannedTraining {
  const planned = (plan ?? planTraining(options)) as PlannedTraining;
  const other = decisive.find((key) => planned.options[key] !== options[key]);
  if (other === undefined) return planned;
  throw new RadaptError("A trainer was planned with other options", {
    code: "engine.plan",
    where: `option ${other}`,
    expected: "the same values (objects: the same object) for planTraining and createTrainer",
    got: `another ${other}`,
    remedy: "Plan anew with these options, or leave the plan away.",
  });
}

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

type DeviceEstimate = TrainingProgramPlan["estimate"];

/** Whether `b` can run where `a` cannot, or comes nearer to the budget. */
function fitsBetter(b: DeviceEstimate, a: DeviceEstimate, memory: number): boolean {
  if (!a.excess !== !b.excess) return b.excess === null;
  return totalBytes(a) > memory && totalBytes(b) < totalBytes(a);
}

/**
 * Decides whether attention stores its matrix of queries by keys. It does so as long as the device
 * can hold it, even where other results must then be recomputed, so that all devices compute the
 * same numbers. Only WebGPU has kernels that need no such matrix.
 *
 * @throws RadaptError as `buildTrainingGraph`; `gpu.no-f16` where the device lacks the precision
 *   asked for
 */
function planForDevice(device: Device, given: GraphOptions, options: TrainingProgramOptions): TrainingProgramPlan {
  const { kind, features, limits } = device.info;
  const isF16 = options.precision === "f16";
  if (isF16 && !features.includes("shader-f16")) throw noF16(device);
  const kernels = kind === "webgpu" ? { maxBuffers: limits.maxStorageBuffersPerShaderStage } : undefined;
  const planWith = (fusesAttention: boolean) =>
    device.planTraining(buildTrainingGraph({ ...given, scalesLoss: isF16, kernels, fusesAttention }), options);
  const kept = planWith(false);
  const memory = options.memory ?? Number.POSITIVE_INFINITY;
  const fits = !kept.estimate.excess && totalBytes(kept.estimate) <= memory;
  if (kind !== "webgpu" || fits || !holdsSoftmax(kept.graph)) return kept;
  const fused = planWith(true);
  return fitsBetter(fused.estimate, kept.estimate, memory) ? fused : kept;
}
