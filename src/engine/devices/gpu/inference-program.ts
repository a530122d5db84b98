/** Runs a graph with one input without training it. The frozen part of a backbone runs this way. */

import { bytesOf } from "../../graph/cost";
import { sizeOf } from "../../graph/tensor";
import type { Value } from "../../graph/value";
import { convolveByProducts } from "../../passes/convolutions";
import { fuseAttention } from "../../passes/fuse-attention";
import { weightBytes } from "../../plan/memory";
import { arenaSizes, type ProgramPlan, planProgram } from "../../plan/program";
import type { InferenceProgram } from "../../training/device";
import type { GpuContext } from "./context";
import { allocateArenas, bindProgram, planLimits } from "./program";
import { resourceScope } from "./resource-scope";

const isBindable = (context: GpuContext, { dispatches }: ProgramPlan) =>
  dispatches.every(({ operands }) =>
    operands.every(({ bytes }) => bytes <= context.device.limits.maxStorageBufferBindingSize),
  );

/**
 * Plans the kernels and the memory of the frozen part, and allocates nothing. If a tensor is too
 * large to bind, attention runs in fused form, which stores no attention matrix.
 *
 * @returns the plan, its memory in bytes, and `outputs`: the given values as rewritten for the
 *   plan, in their order
 */
export function planEvaluation(context: GpuContext, image: Value, values: readonly Value[]) {
  const given = convolveByProducts(values);
  const planOf = (outputs: readonly Value[]) => ({
    outputs,
    plan: planProgram(outputs, new Set(), planLimits(context)),
  });
  const kept = planOf(given);
  const { outputs, plan } = isBindable(context, kept.plan) ? kept : planOf(fuseAttention(given));
  const activations = arenaSizes([plan]).reduce((sum, size) => sum + size, 0);
  return { outputs, plan, use: { weights: weightBytes(plan.leaves), activations, workspace: bytesOf([image]) } };
}

export function createGpuInferenceProgram(
  context: GpuContext,
  image: Value,
  given: readonly Value[],
  signal?: AbortSignal,
): Promise<InferenceProgram> {
  return resourceScope(async (own) => {
    const { outputs, plan, use } = planEvaluation(context, image, given);
    const arenas = allocateArenas(context, [plan], own);
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
    const input = own(context.buffer(4 * sizeOf(image.shape), usage, "images"));
    const places = new Map([[image, { buffer: input, offset: 0 }]]);
    const program = own(await bindProgram(context, plan, arenas, places, { signal }));
    return {
      bytes: use,
      run: async (data: Float32Array) => {
        context.device.queue.writeBuffer(input, 0, data as Float32Array<ArrayBuffer>);
        program.submit();
        return Promise.all(
          outputs.map((o) => {
            const { buffer, offset } = program.regionOf(o);
            return context.read(buffer, offset, 4 * sizeOf(o.shape));
          }),
        );
      },
    };
  });
}
