/** Runs a graph of one input without training: the frozen part of a backbone. */
import type { Evaluator } from "../executor";
import type { Value } from "../ir/value";
import { bytesOf, weightBytes } from "../plan/memory";
import { arenaSizes, planProgram } from "../plan/program";
import { sizeOf } from "../tensor";
import type { GpuContext } from "./device";
import { owning } from "./owning";
import { allocateArenas, bindProgram, planLimits } from "./program";

/** The frozen part's kernels and memory: nothing is allocated. */
export function planEvaluation(context: GpuContext, image: Value, outputs: readonly Value[]) {
  const plan = planProgram(outputs, new Set(), planLimits(context));
  const activations = arenaSizes([plan]).reduce((sum, size) => sum + size, 0);
  return { plan, use: { weights: weightBytes(plan.leaves), activations, workspace: bytesOf([image]) } };
}

export function createGpuEvaluator(
  context: GpuContext,
  image: Value,
  outputs: readonly Value[],
  signal?: AbortSignal,
): Promise<Evaluator> {
  return owning(async (own) => {
    const { plan, use } = planEvaluation(context, image, outputs);
    const arenas = allocateArenas(context, [plan], own);
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
    const input = own(context.buffer(4 * sizeOf(image.shape), usage, "images"));
    const given = new Map([[image, { buffer: input, offset: 0 }]]);
    const program = own(await bindProgram(context, plan, arenas, given, { signal }));
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
