/**
 * Training on WebGPU. The forward pass, the backward pass and the optimiser are kernels over
 * buffers that are created once. A step submits them for each micro-batch and reads nothing back,
 * so the CPU never waits for the GPU.
 *
 * All trainables stand in one buffer, and their gradients in another buffer of the same layout. One
 * kernel can then update them all.
 */

import { sizeOf } from "../../graph/tensor";
import type { Value } from "../../graph/value";
import { readState, STATE_BYTES } from "../../optim/loss-scale";
import type { ProgramPlan } from "../../plan/program";
import type { CompileOptions, TrainingProgram } from "../../training/device";
import { fedOf } from "../../training/graph";
import type { GpuContext } from "./context";
import { createGpuOptimizer } from "./optimizer";
import { allocateArenas, bindProgram, type Region } from "./program";
import { type Own, resourceScope } from "./resource-scope";
import { type GpuTrainingPlan, LOSS_SLOTS } from "./training-plan";

/**
 * Compiles a plan and allocates its buffers.
 *
 * @throws RadaptError `gpu.memory` where the device cannot hold a buffer
 * @throws the signal's reason when aborted
 */
export const createGpuTrainingProgram = (
  context: GpuContext,
  plan: GpuTrainingPlan,
  options: CompileOptions,
): Promise<TrainingProgram> => resourceScope((own) => build(context, plan, options, own));

async function build(
  context: GpuContext,
  { graph, update, step, use, layout }: GpuTrainingPlan,
  options: CompileOptions,
  own: Own,
): Promise<Omit<TrainingProgram, "dispose">> {
  const { device } = context;
  const { queue } = device;
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
  const { training, inference } = step;
  const { offsets, bytes } = layout;
  const sizes = graph.trainables.map((t) => sizeOf(t.leaf.shape));
  const arenas = allocateArenas(context, [training, inference], own);

  const buffer = (size: number, label: string) => own(context.buffer(size, usage, label));
  const [parameters, gradients] = ["trainables", "gradients"].map((label) => buffer(bytes, label));
  const best = buffer(bytes, "best trainables");
  const losses = buffer(4 * LOSS_SLOTS, "losses");
  const regions = new Map<Value, Region>();
  for (const leaf of fedOf(graph)) regions.set(leaf, { buffer: buffer(4 * sizeOf(leaf.shape), leaf.name!), offset: 0 });
  graph.trainables.forEach((t, i) => regions.set(t.leaf, { buffer: parameters, offset: offsets[i] }));
  const scale = graph.lossScale ? buffer(STATE_BYTES, "loss scale") : undefined;
  if (scale) regions.set(graph.lossScale!, { buffer: scale, offset: 0 });
  step.gradients.forEach((value, i) => regions.set(value, { buffer: gradients, offset: offsets[i] }));

  const total = training.dispatches.length + inference.dispatches.length;
  const bind = async (plan: ProgramPlan, before: number) => {
    const onProgress = (done: number) => options.onProgress?.(before + done, total, "compiling kernels");
    return own(await bindProgram(context, plan, arenas, regions, { signal: options.signal, onProgress }));
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
  const optimizer = own(await createGpuOptimizer(context, update, layoutOfStep));

  let pending = 0;
  const upload = (leaf: Value, data: Float32Array) =>
    queue.writeBuffer(regions.get(leaf)!.buffer, 0, data as Float32Array<ArrayBuffer>);
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
    step: (microBatches, lr) => {
      if (pending === LOSS_SLOTS) throw new RangeError(`read the losses at least every ${LOSS_SLOTS} steps`);
      for (const [k, { inputs, targets, weights, key }] of microBatches.entries()) {
        graph.inputs.forEach((leaf, i) => upload(leaf, inputs[i]));
        upload(graph.targets, targets);
        upload(graph.weights, weights);
        if (graph.key) upload(graph.key, key);
        const isLast = k === microBatches.length - 1;
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
    snapshot: () => copy(parameters, best),
    restore: () => copy(best, parameters),
    idle: async () => void (await queue.onSubmittedWorkDone()),
  };
}
