/**
 * A plan bound to a device. It creates pipelines and bind groups once, and submits them any number
 * of times.
 */
import { RadaptError } from "../../../base/error";
import type { Value } from "../../graph/value";
import { accessModesOf, costOf, type Dispatch, type Operand } from "../../plan/dispatch";
import { arenaSizes, type ProgramPlan } from "../../plan/program";
import type { GpuContext } from "./context";
import { type Own, resourceScope } from "./resource-scope";
import { splitByCost } from "./submit-budget";

/** A place in a buffer. `offset` is in bytes. */
export interface Region {
  buffer: GPUBuffer;
  offset: number;
}

/** Commands to record around a program's dispatches. */
export interface PassHooks {
  /** Before the first compute pass. */
  before?: (encoder: GPUCommandEncoder) => void;
  /** At the end of the last compute pass. */
  last?: (pass: GPUComputePassEncoder) => void;
  /** After the last compute pass. */
  after?: (encoder: GPUCommandEncoder) => void;
}

/** A plan whose kernels are compiled and bound. */
export interface GpuProgram {
  /** Submits all dispatches in order, as several short submits (see `submit-budget.ts`). */
  submit(hooks?: PassHooks): void;
  /** Where a value's numbers are. */
  regionOf(value: Value): Region;
  dispose(): void;
}

/**
 * The dispatch of each bind group. The timer (`timing.ts`) sees only bind groups and finds here
 * what it timed.
 */
export const dispatchOf = new WeakMap<GPUBindGroup, Dispatch>();

/** What the device allows a plan to use. */
export const planLimits = (context: GpuContext) => ({
  maxBindings: context.device.limits.maxStorageBuffersPerShaderStage,
  maxArenaBytes: Math.min(context.device.limits.maxBufferSize, 0xffff_ff00),
});

/** Allocates arenas that are large enough for every one of the plans, which use them in turn. */
export function allocateArenas(context: GpuContext, plans: readonly ProgramPlan[], own: Own): GPUBuffer[] {
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  return arenaSizes(plans).map((size, i) => own(context.buffer(size, usage, `intermediate results ${i}`)));
}

export interface BindOptions {
  onProgress?: (done: number, total: number) => void;
  /** Stops compilation between two kernels. */
  signal?: AbortSignal;
}

interface Step {
  pipeline: GPUComputePipeline;
  bindGroup: GPUBindGroup;
  /** Number of workgroups along each dimension. */
  x: number;
  y: number;
  z: number;
}

/**
 * Uploads weights, compiles kernels and binds them.
 *
 * @param given places of inputs, trainables and pinned values
 * @throws RadaptError `gpu.memory` where a tensor exceeds what a kernel may bind
 * @throws the signal's reason when aborted
 */
export function bindProgram(
  context: GpuContext,
  plan: ProgramPlan,
  arenas: readonly GPUBuffer[],
  given: ReadonlyMap<Value, Region>,
  options: BindOptions = {},
): Promise<GpuProgram> {
  return resourceScope(async (own) => {
    const weights = new Map<Value, GPUBuffer>();
    for (const v of plan.leaves) {
      const { data } = v;
      if (!data || given.has(v)) continue;
      options.signal?.throwIfAborted();
      const half = plan.isF16(v);
      weights.set(v, await context.weights.acquire(data, v.name ?? "constant", half));
      own({ dispose: () => context.weights.release(data, half) });
    }
    const regionOf = ({ place }: Pick<Operand, "place">): Region => {
      if (place.kind === "arena") return { buffer: arenas[place.arena], offset: place.offset };
      return given.get(place.value) ?? { buffer: weights.get(place.value)!, offset: 0 };
    };
    const steps = await compile(context, plan.dispatches, regionOf, options);
    return {
      submit: submitter(context, plan.dispatches, steps),
      regionOf: (value: Value) => regionOf({ place: plan.placeOf(value) }),
    };
  });
}

/** The pipelines and bind groups of the dispatches, in their order. */
async function compile(
  context: GpuContext,
  dispatches: readonly Dispatch[],
  regionOf: (operand: Operand) => Region,
  { signal, onProgress }: BindOptions,
): Promise<Step[]> {
  const { device } = context;
  const maxBytes = device.limits.maxStorageBufferBindingSize;
  const kernelOf = (await context.tuner?.choose(dispatches, signal)) ?? ((dispatch: Dispatch) => dispatch);
  let done = 0;
  return Promise.all(
    dispatches.map(async (dispatch) => {
      const { operands, label } = dispatch;
      const large = operands.find((o) => o.bytes > maxBytes);
      if (large) {
        throw new RadaptError("A tensor is larger than this graphics adapter can bind", {
          code: "gpu.memory",
          where: label,
          expected: `at most ${Math.floor(maxBytes / 2 ** 20)} MiB`,
          got: `${Math.ceil(large.bytes / 2 ** 20)} MiB`,
          remedy: "Use a smaller batch or a smaller image size.",
        });
      }
      const access = accessModesOf(dispatch);
      const kernel = kernelOf(dispatch);
      const [x, y, z] = kernel.grid;
      const pipeline = await context.pipeline(kernel.code, access);
      signal?.throwIfAborted();
      onProgress?.(++done, dispatches.length);
      const bindGroup = device.createBindGroup({
        layout: context.layout(access),
        entries: operands.map((o, binding) => ({
          binding,
          resource: { ...regionOf(o), size: Math.max(16, Math.ceil(o.bytes / 16) * 16) },
        })),
      });
      dispatchOf.set(bindGroup, dispatch);
      return { pipeline, bindGroup, x, y, z };
    }),
  );
}

function submitter(context: GpuContext, dispatches: readonly Dispatch[], steps: readonly Step[]): GpuProgram["submit"] {
  const { device, submitBudget } = context;
  const { queue } = device;
  const costs = dispatches.map(costOf);
  const cost = costs.reduce((sum, c) => sum + c, 0);
  const submitPart = (from: number, to: number, { before, last, after }: PassHooks) => {
    const encoder = device.createCommandEncoder();
    before?.(encoder);
    const pass = encoder.beginComputePass();
    for (const { pipeline, bindGroup, x, y, z } of steps.slice(from, to)) {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindGroup);
      pass.dispatchWorkgroups(x, y, z);
    }
    last?.(pass);
    pass.end();
    after?.(encoder);
    queue.submit([encoder.finish()]);
  };
  return (hooks = {}) => {
    const parts = splitByCost(costs, submitBudget.maxCost);
    const run = () =>
      parts.forEach(([from, to], k) => {
        const { before, last, after } = hooks;
        const isLast = k === parts.length - 1;
        submitPart(from, to, { ...(k === 0 && { before }), ...(isLast && { last, after }) });
      });
    submitBudget.observe(cost, run, () => queue.onSubmittedWorkDone());
  };
}
