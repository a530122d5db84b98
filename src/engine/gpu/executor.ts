/**
 * Training on WebGPU: forward, backward and the optimiser are compute passes over buffers made once; a step is one submit
 * and reads nothing back. All trainables stand in one buffer, their gradients and moments in others of the same layout.
 */
import type { Executor } from "../executor";
import { Builder } from "../ir/builder";
import type { Value } from "../ir/value";
import { gridOf } from "../ops/define";
import { adamwShader, HYPER, hyperOf, updateRanges } from "../optim/adamw";
import { aligned } from "../plan/arena";
import { isLeaf, storageRoot } from "../plan/groups";
import { planProgram } from "../plan/program";
import { sizeOf } from "../tensor";
import type { TrainingGraph } from "../training-graph";
import type { OptimizerSpec } from "../types";
import type { GpuContext } from "./device";
import { allocateArenas, bindProgram, planLimits, type Region } from "./program";

/** Losses kept on the device between two readings. */
const LOSS_SLOTS = 65_536;

/**
 * The values that are to be written into the gradient buffer: the gradients' own memory where they have one to themselves,
 * else a copy (a cotangent may be shared by two trainables, or be an input).
 */
function gradientSources(gradients: readonly Value[]): { outputs: Value[]; pinned: Value[] } {
  const b = new Builder();
  const taken = new Set<Value>();
  const outputs: Value[] = [];
  const pinned: Value[] = [];
  for (const g of gradients) {
    const root = storageRoot(g);
    const usable = !isLeaf(root) && !taken.has(root);
    const source = usable ? root : b.op("Copy", [g]);
    taken.add(source);
    pinned.push(source);
    outputs.push(source);
  }
  return { outputs, pinned };
}

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

export async function createGpuExecutor(
  context: GpuContext,
  graph: TrainingGraph,
  optimizer: OptimizerSpec,
  onProgress?: (done: number, total: number, what: string) => void,
): Promise<Executor> {
  const { device } = context;
  const { queue } = device;
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
  const sizes = graph.trainables.map((t) => sizeOf(t.leaf.shape));
  const { offsets, bytes } = layOut(sizes);
  const { outputs, pinned } = gradientSources(graph.gradients);
  const limits = planLimits(context);
  const training = planProgram([graph.loss, ...outputs], new Set(pinned), limits);
  const inference = planProgram([graph.logits], new Set(), limits);
  const { arenas, bytes: activations } = allocateArenas(context, [training, inference]);

  const made: GPUBuffer[] = [...arenas];
  const buffer = (size: number, label: string) => {
    const b = context.buffer(size, usage, label);
    made.push(b);
    return b;
  };
  const [parameters, gradients, m, v] = ["trainables", "gradients", "first moments", "second moments"].map((label) =>
    buffer(bytes, label),
  );
  const kept = buffer(bytes, "best trainables");
  const losses = buffer(4 * LOSS_SLOTS, "losses");
  const hyper = buffer(4 * HYPER.length, "optimiser settings");
  const given = new Map<Value, Region>();
  const fed = [...graph.inputs, graph.targets, graph.weights, graph.mean, graph.rstd];
  fed.push(...graph.buffers.map((t) => t.leaf), ...(graph.key ? [graph.key] : []));
  for (const leaf of fed) given.set(leaf, { buffer: buffer(4 * sizeOf(leaf.shape), leaf.name!), offset: 0 });
  graph.trainables.forEach((t, i) => given.set(t.leaf, { buffer: parameters, offset: offsets[i] }));
  pinned.forEach((value, i) => given.set(value, { buffer: gradients, offset: offsets[i] }));

  const total = training.dispatches.length + inference.dispatches.length;
  const report = (base: number) => (done: number) => onProgress?.(base + done, total, "compiling kernels");
  const trainProgram = await bindProgram(context, training, arenas, given, report(0));
  const predictProgram = await bindProgram(context, inference, arenas, given, report(training.dispatches.length));

  const count = bytes / 4;
  const headStart = offsets[graph.trainables.findIndex((t) => t.group === "head")] / 4;
  const biasStart = offsets[graph.trainables.length - 1] / 4;
  const access = ["read_write", "read_write", "read_write", "read_write", "read"] as const;
  const ranges = updateRanges(count, headStart, biasStart, device.limits.maxStorageBufferBindingSize / 4);
  const updates = await Promise.all(
    ranges.map(async (range) => {
      const grid = gridOf(range.count, 64);
      const part = { offset: 4 * range.start, size: 4 * range.count };
      const resources = [...[parameters, gradients, m, v].map((b) => ({ buffer: b, ...part })), { buffer: hyper }];
      const group = device.createBindGroup({
        label: "AdamW",
        layout: context.layout(access),
        entries: resources.map((resource, binding) => ({ binding, resource })),
      });
      return { pipeline: await context.pipeline(adamwShader(range, grid[0] * 64), access), group, grid };
    }),
  );

  let steps = 0;
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
  const split = (flat: Float32Array) => sizes.map((size, i) => flat.slice(offsets[i] / 4, offsets[i] / 4 + size));
  const weightBytes = [...new Set(training.leaves.filter((leaf) => leaf.data))].reduce(
    (sum, leaf) => sum + 4 * sizeOf(leaf.shape),
    0,
  );

  return {
    bytes: { weights: weightBytes, activations, optimizer: 5 * bytes },
    write: (values, resetOptimizer) => {
      values.forEach((data, i) => queue.writeBuffer(parameters, offsets[i], data as Float32Array<ArrayBuffer>));
      if (!resetOptimizer) return;
      steps = 0;
      submit((encoder) => {
        encoder.clearBuffer(m);
        encoder.clearBuffer(v);
      });
    },
    writeBuffers: (values) => graph.buffers.forEach((t, i) => upload(t.leaf, values[i])),
    read: async () => split(await context.read(parameters, 0, bytes)),
    readGradients: async () => split(await context.read(gradients, 0, bytes)),
    setStandardization: (mean, rstd) => {
      upload(graph.mean, mean);
      upload(graph.rstd, rstd);
    },
    step: (inputs, targets, weights, lr, key) => {
      if (pending === LOSS_SLOTS) throw new RangeError(`read the losses at least every ${LOSS_SLOTS} steps`);
      graph.inputs.forEach((leaf, i) => upload(leaf, inputs[i]));
      upload(graph.targets, targets);
      upload(graph.weights, weights);
      if (graph.key) upload(graph.key, key);
      const settings = hyperOf(optimizer, ++steps, lr);
      queue.writeBuffer(
        hyper,
        0,
        Float32Array.from(HYPER, (name) => settings[name]),
      );
      submit((encoder) => {
        const pass = encoder.beginComputePass();
        trainProgram.encode(pass);
        for (const { pipeline, group, grid } of updates) {
          pass.setPipeline(pipeline);
          pass.setBindGroup(0, group);
          pass.dispatchWorkgroups(...grid);
        }
        pass.end();
        const loss = trainProgram.regionOf(graph.loss);
        encoder.copyBufferToBuffer(loss.buffer, loss.offset, losses, 4 * pending, 4);
      });
      pending++;
    },
    losses: async () => {
      const read = await context.read(losses, 0, 4 * pending);
      pending = 0;
      return read;
    },
    predict: async (inputs) => {
      graph.inputs.forEach((leaf, i) => upload(leaf, inputs[i]));
      submit((encoder) => {
        const pass = encoder.beginComputePass();
        predictProgram.encode(pass);
        pass.end();
      });
      const { buffer: source, offset } = predictProgram.regionOf(graph.logits);
      return context.read(source, offset, 4 * sizeOf(graph.logits.shape));
    },
    snapshot: () => copy(parameters, kept),
    restore: () => copy(kept, parameters),
    idle: async () => void (await queue.onSubmittedWorkDone()),
    dispose: () => {
      trainProgram.dispose();
      predictProgram.dispose();
      for (const b of made) b.destroy();
    },
  };
}
