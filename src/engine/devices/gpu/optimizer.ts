/**
 * The end of a training step on WebGPU: adds the gradients of micro-batches, clips their norm, and
 * updates trainables and moments in place. One kernel updates a whole range of trainables, because
 * all buffers share one layout.
 */

import { gridOf } from "../../ops/define";
import { createOptimizer } from "../../optim";
import {
  addShader,
  type GradientPreparation,
  hyperNames,
  normShader,
  partialSums,
  squaresShader,
  UNIT,
  type UpdateRange,
  updateRanges,
  updateShader,
} from "../../optim/kernels";
import { firstState } from "../../optim/loss-scale";
import type { UpdateOptions } from "../../training/device";
import type { GpuContext } from "./context";
import type { Region } from "./program";
import { type Own, resourceScope } from "./resource-scope";

/** The buffers that the optimiser works on. */
export interface OptimizerLayout {
  /**
   * Size in bytes of the buffer of trainables. The head's weight and then its bias stand at its
   * end.
   */
  bytes: number;
  /** Index of the first element of the head's weight and of its bias. */
  headStart: number;
  biasStart: number;
  parameters: GPUBuffer;
  /** Gradients and loss of one micro-batch. */
  gradients: GPUBuffer;
  loss: Region;
  /** State of the loss scale. Absent: the loss is not scaled. */
  scale?: GPUBuffer;
}

/** Records the optimiser's kernels into command encoders. */
export interface GpuOptimizer {
  /** Gradients of the whole step, before weight decay and clipping. */
  readonly gradients: GPUBuffer;
  /** Loss of the whole step. */
  readonly loss: Region;
  /** Sets moments, the count of steps and the loss scale to their initial values. */
  reset(encoder: GPUCommandEncoder): void;
  /** Call before the first micro-batch of a step. */
  begin(encoder: GPUCommandEncoder): void;
  /** Call after each micro-batch: adds its gradients and its loss to those of the step. */
  encodeAdd(pass: GPUComputePassEncoder): void;
  /** Uploads the settings of the next step, such as its learning rates. */
  upload(lr: { adapter: number; head: number }): void;
  /** Call after the last micro-batch: updates the trainables. */
  encodeUpdate(pass: GPUComputePassEncoder): void;
  dispose(): void;
}

interface UpdateDispatch {
  pipeline: GPUComputePipeline;
  group: GPUBindGroup;
  grid: readonly [number, number, number];
}

type Resource = { buffer: GPUBuffer; offset?: number; size?: number };

/**
 * Binds a kernel to resources. All are writable, except for the last one where `settings` holds.
 */
async function bindKernel(
  context: GpuContext,
  code: string,
  resources: readonly Resource[],
  grid: UpdateDispatch["grid"],
  settings = true,
): Promise<UpdateDispatch> {
  const access = resources.map((_, k) => (settings && k === resources.length - 1 ? ("read" as const) : "read_write"));
  const group = context.device.createBindGroup({
    label: "optimiser",
    layout: context.layout(access),
    entries: resources.map((resource, binding) => ({ binding, resource })),
  });
  return { pipeline: await context.pipeline(code, access), group, grid };
}

const runUpdates = (pass: GPUComputePassEncoder, dispatches: readonly UpdateDispatch[]) => {
  for (const { pipeline, group, grid } of dispatches) {
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(...grid);
  }
};

export const createGpuOptimizer = (
  context: GpuContext,
  options: UpdateOptions,
  layout: OptimizerLayout,
): Promise<GpuOptimizer> => resourceScope((own) => buildOptimizer(context, options, layout, own));

async function buildOptimizer(
  context: GpuContext,
  { optimizer: spec, accumulates }: UpdateOptions,
  { bytes, headStart, biasStart, parameters, scale, ...onePass }: OptimizerLayout,
  own: Own,
): Promise<Omit<GpuOptimizer, "dispose">> {
  const { queue, limits } = context.device;
  const optimizer = createOptimizer(spec);
  const names = hyperNames(optimizer);
  const how: GradientPreparation = { clips: Boolean(spec.clipNorm), scaled: scale !== undefined };
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
  const buffer = (size: number, label: string) => own(context.buffer(size, usage, label));
  const hyper = buffer(4 * names.length, "optimiser settings");
  const moments = Array.from({ length: optimizer.moments }, (_, k) => buffer(bytes, `moments ${k + 1}`));
  const gradients = accumulates ? buffer(bytes, "gradients of a step") : onePass.gradients;
  const loss: Region = accumulates ? { buffer: buffer(4, "loss of a step"), offset: 0 } : onePass.loss;

  const ranges = updateRanges(bytes / 4, headStart, biasStart, limits.maxStorageBufferBindingSize / 4);
  const part = ({ start, count }: UpdateRange, of: readonly GPUBuffer[]) =>
    of.map((b): Resource => ({ buffer: b, offset: 4 * start, size: 4 * count }));

  const adding = accumulates
    ? await Promise.all([
        ...ranges.map((range) => {
          const grid = gridOf(range.count / UNIT, 64);
          const code = addShader(range.count / UNIT, grid[0] * 64);
          return bindKernel(context, code, part(range, [gradients, onePass.gradients]), grid, false);
        }),
        bindKernel(
          context,
          addShader(1, 64),
          [loss, onePass.loss].map((r) => ({ ...r, size: 16 })),
          [1, 1, 1],
          false,
        ),
      ])
    : [];

  const updating: UpdateDispatch[] = [];
  const state: Resource[] = scale ? [{ buffer: scale }] : [];
  const factor: Resource[] = how.clips ? [{ buffer: buffer(4, "clipping factor") }] : [];
  if (how.clips || how.scaled) {
    const firsts = ranges.map((_, k) => ranges.slice(0, k).reduce((sum, range) => sum + partialSums(range), 0));
    const partials = ranges.reduce((sum, range) => sum + partialSums(range), 0);
    const partial = { buffer: buffer(4 * partials, "squares of gradients") };
    for (const [k, range] of ranges.entries()) {
      const grid = gridOf(partialSums(range), 1);
      const code = squaresShader(optimizer, range, { first: firsts[k], width: grid[0] }, how);
      const resources = [...part(range, [parameters, gradients]), partial, ...state, { buffer: hyper }];
      updating.push(await bindKernel(context, code, resources, grid));
    }
    const code = normShader(optimizer, partials, how);
    updating.push(await bindKernel(context, code, [partial, ...factor, ...state, { buffer: hyper }], [1, 1, 1]));
  }
  for (const range of ranges) {
    const grid = gridOf(range.count / UNIT, 64);
    const code = updateShader(optimizer, range, grid[0] * 64, how);
    const resources = [...part(range, [parameters, gradients, ...moments]), ...factor, ...state, { buffer: hyper }];
    updating.push(await bindKernel(context, code, resources, grid));
  }

  let steps = 0;
  return {
    gradients,
    loss,
    reset: (encoder) => {
      steps = 0;
      for (const b of moments) encoder.clearBuffer(b);
      if (scale) queue.writeBuffer(scale, 0, firstState());
    },
    begin: (encoder) => {
      if (!accumulates) return;
      encoder.clearBuffer(gradients);
      encoder.clearBuffer(loss.buffer);
    },
    encodeAdd: (pass) => runUpdates(pass, adding),
    upload: (lr) => {
      const { headL2, clipNorm = 0 } = spec;
      const all: Record<string, number> = { lrAdapter: lr.adapter, lrHead: lr.head, headL2, clipNorm };
      Object.assign(all, optimizer.settings(++steps));
      queue.writeBuffer(
        hyper,
        0,
        Float32Array.from(names, (name) => all[name]),
      );
    },
    encodeUpdate: (pass) => runUpdates(pass, updating),
  };
}
