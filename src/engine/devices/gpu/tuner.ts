/**
 * Finds which of a dispatch's kernels this adapter runs fastest. The tuner measures each class of
 * kernels once and stores the choice. All kernels of a class compute the same bits, so a choice
 * changes times only. The tuner rejects a kernel whose bits differ on this adapter.
 */
import { halvesOf } from "../../../base/half";
import { accessModesOf, costOf, type Dispatch, type Kernel } from "../../plan/dispatch";
import type { GpuContext, KernelChooser } from "./context";

/**
 * Where choices are stored: settings in the browser, a file in Node. The tuner checks what it reads
 * back.
 */
export interface TuningStore {
  /**
   * Milliseconds after which the tuner starts to measure no further class. It goes on at the next
   * start. Default 3000: software adapters take seconds to compile a kernel.
   */
  readonly budget?: number;
  get(key: string): Promise<unknown>;
  put(key: string, value: Readonly<Record<string, string>>): Promise<void>;
}

/**
 * Part of the storage key. It must change with the kernels, because stored choices are then out of
 * date.
 */
const REVISION = 8;

/**
 * Least share of a plan's cost, and least cost, for which measuring a class of kernels is worth its
 * time.
 */
const MIN_SHARE = 0.002;
const MIN_COST = 4e6;

const BUDGET_MS = 3000;

/**
 * How to measure: repeat a kernel within one submit until it takes `MIN_MS` milliseconds, at most
 * `MAX_REPEATS` times, and take the fastest of `ROUNDS` submits.
 */
const MIN_MS = 4;
const MAX_REPEATS = 64;
const ROUNDS = 3;

/**
 * Kernels slower than the best one by this factor in a first measurement are not measured again.
 */
const MAX_SLOWDOWN = 3;

type Choices = Record<string, string>;

interface Candidate {
  name: string;
  pipeline: GPUComputePipeline;
  grid: Kernel["grid"];
  ms: number;
}

export class KernelTuner implements KernelChooser {
  private choices: Promise<Choices> | undefined;
  /**
   * Resolves when the measurements so far have finished. Two at the same time would disturb each
   * other.
   */
  private measurements: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly context: GpuContext,
    private readonly store: TuningStore,
  ) {}

  private get key(): string {
    const { vendor, architecture, description, label } = this.context.info;
    return `kernels ${REVISION} ${[vendor, architecture, description, label].join(" ")}`;
  }

  private async load(): Promise<Choices> {
    const stored = await this.store.get(this.key);
    const entries = typeof stored === "object" && stored !== null ? Object.entries(stored) : [];
    return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
  }

  /**
   * Returns the kernel to run for each dispatch. Before that, it measures classes that matter and
   * have no stored choice.
   *
   * @throws the signal's reason when aborted
   */
  async choose(dispatches: readonly Dispatch[], signal?: AbortSignal): Promise<(dispatch: Dispatch) => Kernel> {
    this.choices ??= this.load();
    const choices = await this.choices;
    const measured = this.measurements.then(() => this.measureNew(dispatches, choices, signal));
    this.measurements = measured.catch(() => undefined);
    await measured;
    return (dispatch) => {
      const other = dispatch.choice?.others[choices[dispatch.choice.class]]?.();
      return other && isOffered(this.context, other) ? other : dispatch;
    };
  }

  private async measureNew(dispatches: readonly Dispatch[], choices: Choices, signal?: AbortSignal): Promise<void> {
    const all = dispatches.reduce((sum, d) => sum + costOf(d), 0);
    const classes = new Map<string, { largest: Dispatch; cost: number }>();
    for (const d of dispatches) {
      if (!d.choice || d.choice.class in choices) continue;
      const known = classes.get(d.choice.class);
      const largest = known && costOf(known.largest) >= costOf(d) ? known.largest : d;
      classes.set(d.choice.class, { largest, cost: (known?.cost ?? 0) + costOf(d) });
    }
    const minCost = Math.max(MIN_COST, MIN_SHARE * all);
    const worthMeasuring = [...classes]
      .filter(([, { cost }]) => cost >= minCost)
      .sort(([, a], [, b]) => b.cost - a.cost);
    const start = performance.now();
    for (const [name, { largest }] of worthMeasuring) {
      if (performance.now() - start > (this.store.budget ?? BUDGET_MS)) break;
      choices[name] = await fastest(this.context, largest.alone?.() ?? largest, signal);
      // If the choice cannot be stored, the next start measures it again.
      await this.store.put(this.key, choices).catch(() => undefined);
    }
  }
}

const isOffered = ({ device }: GpuContext, { needs }: Kernel) => !needs || device.features.has(needs);

/**
 * Test data with positive and negative numbers. The length is prime, so that the repetition gives
 * every row and column different numbers.
 */
const NOISE = Float32Array.from({ length: 16_381 }, (_, i) => Math.sin(12.9898 * i));

const F16_NOISE = halvesOf(NOISE.subarray(1));

function fill({ device: { queue } }: GpuContext, buffer: GPUBuffer, f16: boolean): void {
  const noise = f16 ? F16_NOISE : NOISE;
  for (let at = 0; at < buffer.size; at += noise.byteLength)
    queue.writeBuffer(buffer, at, noise, 0, Math.min(noise.length, (buffer.size - at) / noise.BYTES_PER_ELEMENT));
}

const bitsOf = async (context: GpuContext, buffer: GPUBuffer) =>
  new Uint32Array((await context.read(buffer, 0, buffer.size)).buffer);

/** Name of the fastest kernel; "" stands for the default one. */
async function fastest(context: GpuContext, dispatch: Dispatch, signal?: AbortSignal): Promise<string> {
  const { operands, results, choice } = dispatch;
  const access = accessModesOf(dispatch);
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
  const buffers = operands.map((o) => context.buffer(o.bytes, usage, "kernels under the clock"));
  const group = context.device.createBindGroup({
    layout: context.layout(access),
    entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
  });
  const kernels: [string, Kernel][] = [["", dispatch]];
  for (const [name, make] of Object.entries(choice!.others)) kernels.push([name, make()]);
  try {
    for (const [k, { f16 }] of operands.entries()) fill(context, buffers[k], f16);
    const outputs = buffers.slice(-results);
    let expected: Uint32Array[] | undefined;
    const candidates: Candidate[] = [];
    for (const [name, kernel] of kernels) {
      signal?.throwIfAborted();
      if (!isOffered(context, kernel)) continue;
      const { code, grid } = kernel;
      const candidate = { name, grid, pipeline: await context.pipeline(code, access), ms: Number.POSITIVE_INFINITY };
      // The first run warms up, and the second gives a first measurement.
      for (let i = 0; i < 2; i++) candidate.ms = await timed(context, candidate, group, 1);
      const bits = await Promise.all(outputs.map((output) => bitsOf(context, output)));
      expected ??= bits;
      if (bits.every((own, k) => own.every((value, i) => value === expected![k][i]))) candidates.push(candidate);
      // Overwrites the results, so that elements which the next kernel fails to write do not count
      // as its result.
      for (const [k, output] of outputs.entries()) fill(context, output, operands.at(k - results)!.f16);
    }
    const bestFirst = Math.min(...candidates.map((c) => c.ms));
    const finalists = candidates.filter((c) => c.ms <= MAX_SLOWDOWN * bestFirst);
    const repeats = Math.max(1, Math.min(MAX_REPEATS, Math.ceil(MIN_MS / Math.max(bestFirst, 1e-3))));
    for (const c of finalists) c.ms = Number.POSITIVE_INFINITY;
    for (let round = 0; round < ROUNDS; round++)
      for (const c of finalists) c.ms = Math.min(c.ms, await timed(context, c, group, repeats));
    return finalists.reduce((best, c) => (c.ms < best.ms ? c : best)).name;
  } finally {
    for (const buffer of buffers) buffer.destroy();
  }
}

/** Milliseconds until the device has run a kernel `repeats` times in one submit. */
async function timed(
  { device }: GpuContext,
  { pipeline, grid }: Candidate,
  group: GPUBindGroup,
  repeats: number,
): Promise<number> {
  const start = performance.now();
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, group);
  for (let i = 0; i < repeats; i++) pass.dispatchWorkgroups(...grid);
  pass.end();
  device.queue.submit([encoder.finish()]);
  await device.queue.onSubmittedWorkDone();
  return performance.now() - start;
}
