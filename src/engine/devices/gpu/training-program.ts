/**
 * Training on WebGPU: forward, backward and the optimiser are compute passes over buffers made
 * once; a step is a submit or a few for each of its passes and reads nothing back. All trainables
 * stand in one buffer, their gradients in another of the same layout.
 */

import { bytesOf } from "../../graph/cost";
import { sizeOf } from "../../graph/tensor";
import type { Value } from "../../graph/value";
import { type MemoryUse, totalBytes, withFrozen } from "../../memory";
import { createOptimizer } from "../../optim";
import { readState, STATE_BYTES } from "../../optim/loss-scale";
import { aligned } from "../../plan/arena";
import { storesAsF16 } from "../../plan/f16-storage";
import { valuesOf, weightBytes } from "../../plan/memory";
import type { ProgramPlan } from "../../plan/program";
import { planTraining, type TrainingPlan } from "../../plan/training";
import type { TrainingProgram, TrainingProgramOptions } from "../../training/device";
import { encoderOf, fedOf, type TrainingGraph } from "../../training/graph";
import type { GpuContext } from "./context";
import { planEvaluation } from "./inference-program";
import { createGpuOptimizer } from "./optimizer";
import { allocateArenas, bindProgram, planLimits, type Region } from "./program";
import { type Own, resourceScope } from "./resource-scope";

/** Losses kept on the device between two readings. */
const LOSS_SLOTS = 65_536;

/** Byte offsets of tensors laid one after another, each aligned for binding. */
function layOut(sizes: readonly number[]): { offsets: number[]; bytes: number } {
  let bytes = 0;
  const offsets = sizes.map((size) => {
    const at = bytes;
    bytes += aligned(4 * size);
    return at;
  });
  return { offsets, bytes };
}

interface StepPlan {
  plan: TrainingPlan;
  use: MemoryUse;
  /** Of what computes the frozen part, where a trainer opens one. */
  frozen: ReturnType<typeof planEvaluation> | null;
  layout: ReturnType<typeof layOut>;
}

/** The last plan of each graph: a trainer is estimated before it is made. */
const plans = new WeakMap<TrainingGraph, { context: GpuContext; key: string; step: StepPlan }>();

/** The step's kernels and memory, in terms of the graph: nothing is allocated. */
export function planStep(context: GpuContext, graph: TrainingGraph, options: TrainingProgramOptions): StepPlan {
  const { optimizer, accumulates, precision, memory } = options;
  const key = JSON.stringify({ optimizer, accumulates, precision, memory });
  const known = plans.get(graph);
  if (known?.context === context && known.key === key) return known.step;
  const step = newPlan(context, graph, options);
  plans.set(graph, { context, key, step });
  return step;
}

function newPlan(
  context: GpuContext,
  graph: TrainingGraph,
  { optimizer: spec, accumulates, precision, memory = Number.POSITIVE_INFINITY }: TrainingProgramOptions,
): StepPlan {
  const layout = layOut(graph.trainables.map((t) => sizeOf(t.leaf.shape)));
  // Trainables, best trainables, gradients of a pass and of a step, moments; settings are too small
  // to count.
  const optimizer = (3 + createOptimizer(spec).moments + (accumulates ? 1 : 0)) * layout.bytes;
  const halves = precision === "f16" ? storesAsF16 : () => false;
  const weights = weightBytes(valuesOf(graph), halves);
  const workspace = bytesOf(fedOf(graph)) + 4 * LOSS_SLOTS;
  const encoder = encoderOf(graph);
  const frozen = encoder && planEvaluation(context, graph.image, encoder);
  const others = totalBytes(withFrozen({ weights, activations: 0, optimizer, workspace }, frozen?.use));
  const plan = planTraining(graph, { ...planLimits(context), halves }, memory - others);
  return { plan, use: { weights, activations: plan.activations, optimizer, workspace }, frozen, layout };
}

export const createGpuTrainingProgram = (
  context: GpuContext,
  graph: TrainingGraph,
  options: TrainingProgramOptions,
): Promise<TrainingProgram> => resourceScope((own) => build(context, graph, options, own));

async function build(
  context: GpuContext,
  graph: TrainingGraph,
  options: TrainingProgramOptions,
  own: Own,
): Promise<Omit<TrainingProgram, "dispose">> {
  const { device } = context;
  const { queue } = device;
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
  const { plan, use, layout } = planStep(context, graph, options);
  const { training, inference } = plan;
  const { offsets, bytes } = layout;
  const sizes = graph.trainables.map((t) => sizeOf(t.leaf.shape));
  const arenas = allocateArenas(context, [training, inference], own);

  const buffer = (size: number, label: string) => own(context.buffer(size, usage, label));
  const [parameters, gradients] = ["trainables", "gradients"].map((label) => buffer(bytes, label));
  const kept = buffer(bytes, "best trainables");
  const losses = buffer(4 * LOSS_SLOTS, "losses");
  const given = new Map<Value, Region>();
  for (const leaf of fedOf(graph)) given.set(leaf, { buffer: buffer(4 * sizeOf(leaf.shape), leaf.name!), offset: 0 });
  graph.trainables.forEach((t, i) => given.set(t.leaf, { buffer: parameters, offset: offsets[i] }));
  const scale = graph.lossScale ? buffer(STATE_BYTES, "loss scale") : undefined;
  if (scale) given.set(graph.lossScale!, { buffer: scale, offset: 0 });
  plan.gradients.forEach((value, i) => given.set(value, { buffer: gradients, offset: offsets[i] }));

  const total = training.dispatches.length + inference.dispatches.length;
  const bind = async (plan: ProgramPlan, before: number) => {
    const onProgress = (done: number) => options.onProgress?.(before + done, total, "compiling kernels");
    return own(await bindProgram(context, plan, arenas, given, { signal: options.signal, onProgress }));
  };
  const trainProgram = await bind(training, 0);
  const predictProgram = await bind(inference, training.dispatches.length);

  const layoutOfStep = {
    bytes,
    parameters,
    gradients,
    loss: trainProgram.regionOf(graph.loss),
    headStart: offsets[graph.trainables.findIndex((t) => t.group === "head")] / 4,
    biasStart: offsets[graph.trainables.length - 1] / 4,
    ...(scale && { scale }),
  };
  const optimizer = own(await createGpuOptimizer(context, options, layoutOfStep));

  let pending = 0;
  const upload = (leaf: Value, data: Float32Array) =>
    queue.writeBuffer(given.get(leaf)!.buffer, 0, data as Float32Array<ArrayBuffer>);
  const submit = (record: (encoder: GPUCommandEncoder) => void) => {
    const encoder = device.createCommandEncoder();
    record(encoder);
    queue.submit([encoder.finish()]);
  };
  const copy = (from: GPUBuffer, to: GPUBuffer) =>
    submit((encoder) => encoder.copyBufferToBuffer(from, 0, to, 0, bytes));
  const scaleState = async () =>
    scale ? readState(await context.read(scale, 0, STATE_BYTES)) : { used: 1, skipped: 0 };
  const split = (flat: Float32Array) => sizes.map((size, i) => flat.slice(offsets[i] / 4, offsets[i] / 4 + size));
  return {
    bytes: use,
    write: (values, resetOptimizer) => {
      values.forEach((data, i) => queue.writeBuffer(parameters, offsets[i], data as Float32Array<ArrayBuffer>));
      if (resetOptimizer) submit(optimizer.reset);
    },
    writeBuffers: (values) => graph.buffers.forEach((t, i) => upload(t.leaf, values[i])),
    read: async () => split(await context.read(parameters, 0, bytes)),
    readGradients: async () => {
      const read = await context.read(optimizer.gradients, 0, bytes);
      const { used } = await scaleState();
      return split(scale ? read.map((g) => g / used) : read);
    },
    overflows: async () => (await scaleState()).skipped,
    setPersistentInputs: (values) => {
      for (const [leaf, data] of values) upload(leaf, data);
    },
    step: (parts, lr) => {
      if (pending === LOSS_SLOTS) throw new RangeError(`read the losses at least every ${LOSS_SLOTS} steps`);
      for (const [k, { inputs, targets, weights, key }] of parts.entries()) {
        graph.inputs.forEach((leaf, i) => upload(leaf, inputs[i]));
        upload(graph.targets, targets);
        upload(graph.weights, weights);
        if (graph.key) upload(graph.key, key);
        const isLast = k === parts.length - 1;
        if (isLast) optimizer.upload(lr);
        trainProgram.submit({
          before: k === 0 ? optimizer.begin : undefined,
          last: (pass) => {
            optimizer.encodeAdd(pass);
            if (isLast) optimizer.encodeUpdate(pass);
          },
          after: (encoder) => {
            const { buffer: from, offset } = optimizer.loss;
            if (isLast) encoder.copyBufferToBuffer(from, offset, losses, 4 * pending, 4);
          },
        });
      }
      pending++;
    },
    losses: async () => {
      const read = await context.read(losses, 0, 4 * pending);
      pending = 0;
      return read;
    },
    predict: async (inputs) => {
      graph.inputs.forEach((leaf, i) => upload(leaf, inputs[i]));
      predictProgram.submit();
      const { buffer: source, offset } = predictProgram.regionOf(graph.logits);
      return context.read(source, offset, 4 * sizeOf(graph.logits.shape));
    },
    snapshot: () => copy(parameters, kept),
    restore: () => copy(kept, parameters),
    idle: async () => void (await queue.onSubmittedWorkDone()),
  };
}
