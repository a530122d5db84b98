/**
 * Times each dispatch with timestamp queries. It wraps an entry point of WebGPU, so that untimed
 * programs pay nothing. Each dispatch gets a compute pass of its own while timing is on, so a timed
 * step takes somewhat longer.
 */
import { RadaptError } from "../../../base/error";
import type { EngineDevice } from "../../types";
import { createWebGpuDevice } from "./device";
import { dispatchOf } from "./program";
import type { TuningStore } from "./tuner";

/** What one dispatch was and how long it took. */
export interface TimedDispatch {
  label: string;
  /** Microseconds on the device. 0 where the device's clock is too coarse. */
  us: number;
  /**
   * Floating-point operations of matrix products and convolutions. 0 for other and unknown kernels.
   */
  flops: number;
  /**
   * Bytes of all operands, i.e. the memory traffic if each is read or written once. 0 for unknown
   * kernels.
   */
  bytes: number;
}

/** Switches timing on and off. */
export interface DispatchTimer {
  /** The entry point to give to `createWebGpuDevice`. */
  gpu: GPU;
  /**
   * Switches timing on for dispatches that are encoded from now on.
   *
   * @throws RadaptError `gpu.no-timestamps` where the adapter has no timestamp queries
   */
  start(): void;
  /**
   * Switches timing off and waits for the device.
   *
   * @returns the times of the dispatches since `start`, in order
   */
  stop(): Promise<TimedDispatch[]>;
}

interface TimingState {
  device: GPUDevice;
  active: boolean;
  groups: GPUBindGroup[];
  /**
   * For each encoded pass: the queries at the start and end of each dispatch, and the buffer for
   * their results.
   */
  sets: { set: GPUQuerySet; count: number; resolved: GPUBuffer }[];
}

/** WebGPU's limit for the queries of one set. */
const MAX_QUERIES = 4096;

/** Replaces a compute pass by one pass per dispatch, each between two timestamps. */
function splitPass(open: TimingState, encoder: GPUCommandEncoder, begin: GPUCommandEncoder["beginComputePass"]) {
  const { device, sets, groups } = open;
  let pipeline: GPUComputePipeline | null = null;
  const bound = new Map<number, GPUBindGroup>();
  const addQuerySet = () => {
    const set = device.createQuerySet({ type: "timestamp", count: MAX_QUERIES });
    const usage = GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC;
    sets.push({ set, count: 0, resolved: device.createBuffer({ size: 8 * MAX_QUERIES, usage }) });
    return sets[sets.length - 1];
  };
  const resolve = ({ set, count, resolved }: TimingState["sets"][number]) =>
    encoder.resolveQuerySet(set, 0, count, resolved, 0);
  let current = addQuerySet();
  return {
    setPipeline: (p: GPUComputePipeline) => void (pipeline = p),
    setBindGroup: (index: number, group: GPUBindGroup) => void bound.set(index, group),
    dispatchWorkgroups: (...grid: [number, number?, number?]) => {
      if (current.count === MAX_QUERIES) {
        resolve(current);
        current = addQuerySet();
      }
      const { set, count } = current;
      const timestampWrites = { querySet: set, beginningOfPassWriteIndex: count, endOfPassWriteIndex: count + 1 };
      const pass = begin.call(encoder, { timestampWrites });
      pass.setPipeline(pipeline!);
      for (const [index, group] of bound) pass.setBindGroup(index, group);
      pass.dispatchWorkgroups(...grid);
      pass.end();
      current.count += 2;
      groups.push(bound.get(0)!);
    },
    end: () => resolve(current),
  } as Partial<GPUComputePassEncoder> as GPUComputePassEncoder;
}

async function readTimes({ device, sets, groups }: TimingState): Promise<TimedDispatch[]> {
  const times: bigint[] = [];
  for (const { set, count, resolved } of sets) {
    const staging = device.createBuffer({ size: 8 * count, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(resolved, 0, staging, 0, 8 * count);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    times.push(...new BigUint64Array(staging.getMappedRange()));
    for (const used of [staging, resolved, set]) used.destroy();
  }
  return groups.map((group, i) => {
    const dispatch = dispatchOf.get(group);
    const us = Math.max(0, Number(times[2 * i + 1] - times[2 * i]) / 1000);
    const bytes = dispatch?.operands.reduce((sum, o) => sum + o.bytes, 0) ?? 0;
    return { label: dispatch?.label ?? group.label, us, flops: dispatch?.flops ?? 0, bytes };
  });
}

/**
 * Wraps an entry point of WebGPU. The timer then times the last device that was created through it.
 */
export function timeDispatches(gpu: GPU): DispatchTimer {
  let open: TimingState | null = null;
  const onDevice = (device: GPUDevice) => {
    const made: TimingState = { device, active: false, groups: [], sets: [] };
    const create = device.createCommandEncoder;
    device.createCommandEncoder = (descriptor) => {
      const encoder = create.call(device, descriptor);
      if (!made.active) return encoder;
      const begin = encoder.beginComputePass;
      encoder.beginComputePass = () => splitPass(made, encoder, begin);
      return encoder;
    };
    open = made;
    return device;
  };
  const requestAdapter: GPU["requestAdapter"] = async (options) => {
    const adapter = await gpu.requestAdapter(options);
    if (!adapter) return null;
    if (!adapter.features.has("timestamp-query")) return adapter;
    const request = adapter.requestDevice;
    adapter.requestDevice = async (descriptor) => {
      const features = [...(descriptor?.requiredFeatures ?? []), "timestamp-query" as const];
      return onDevice(await request.call(adapter, { ...descriptor, requiredFeatures: features }));
    };
    return adapter;
  };
  return {
    gpu: { requestAdapter } as Partial<GPU> as GPU,
    start: () => {
      if (!open) throw noClock();
      Object.assign(open, { active: true, groups: [], sets: [] });
    },
    stop: async () => {
      if (!open) return [];
      open.active = false;
      return readTimes(open);
    },
  };
}

/**
 * Opens the browser's adapter as a device whose dispatches can be timed.
 *
 * @param tuning as for `createWebGpuDevice`
 * @throws RadaptError `gpu.no-adapter`
 */
export async function createTimedDevice(tuning?: TuningStore): Promise<{ device: EngineDevice; timer: DispatchTimer }> {
  const timer = navigator.gpu && timeDispatches(navigator.gpu);
  const device = await createWebGpuDevice({ gpu: timer?.gpu, tuning });
  return { device, timer };
}

const noClock = () =>
  new RadaptError("This adapter cannot time its passes", {
    code: "gpu.no-timestamps",
    expected: "the WebGPU feature timestamp-query",
    got: "an adapter without it",
    remedy: "Start Chromium with --enable-unsafe-webgpu, or use another adapter.",
  });
