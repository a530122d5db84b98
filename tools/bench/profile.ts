/** Radapt's own kernels under the clock: rates of matrix products, and where a LoRA step goes. */
import { createWebGpuDevice } from "../../src/engine";
import { groupDispatches } from "../../src/engine/dispatch-groups";
import { Pace } from "../../src/engine/gpu/pace";
import { type TimedDispatch, timeDispatches } from "../../src/engine/gpu/timing";
import { commonProducts, type ProductRate, productRate } from "../../src/engine/profile";
import { freshTuning, openRadapt } from "./peers/radapt";
import type { StepProfile } from "./report";
import { median } from "./statistics";
import { type Network, networkOf, tokensOf } from "./vit";

const REPETITIONS = 3;
const SUBMITS = 60;

/** Kind of kernel, for people: products by their operations, which tell tokens × tokens, rank and widths apart; others by operators. */
function kindOf(net: Network, { label, flops }: TimedDispatch): string {
  if (flops === 0) return label.split(" ")[0];
  const tokens = tokensOf(net);
  const perWidth = flops / (2 * net.batch * tokens * net.width);
  return perWidth === tokens ? "products of attention" : perWidth <= net.r ? "products of LoRA" : "products of layers";
}

function sharesOf(net: Network, dispatches: readonly TimedDispatch[]): StepProfile["shares"] {
  const total = dispatches.reduce((sum, d) => sum + d.us, 0);
  return groupDispatches(dispatches, (d) => kindOf(net, d))
    .slice(0, 12)
    .map(({ name, us, flops }) => ({ kind: name, share: us / total, gflops: flops > 0 ? flops / us / 1000 : null }));
}

export interface Profile {
  adapter: string;
  rates: ProductRate[];
  step: Omit<StepProfile, "size" | "batch">;
}

/** A submit holds all there is. */
class AtOnce extends Pace {
  override get most() {
    return Number.POSITIVE_INFINITY;
  }
}

/**
 * Milliseconds until a LoRA step of twelve blocks is encoded and handed to an idle device, by repetition. The number of passes depends on
 * the blocks alone; they are narrow and their image is small, since software devices compute on the cores and in the caches that encode.
 */
export async function submitTwelve(): Promise<number[]> {
  const device = await createWebGpuDevice({ pace: new AtOnce() });
  const runner = await openRadapt(device, { ...networkOf("micro", 1), image: 16, depth: 12 }, "lora");
  const times: number[] = [];
  for (let i = 0; i < SUBMITS; i++) times.push((await runner.run()).submitMs ?? Number.NaN);
  runner.dispose();
  device.dispose();
  // The first ones warm up.
  return times.slice(SUBMITS / 3);
}

/** The same dispatches timed several times, as one with median times: on software devices the clock may tick in 65 µs. */
const medians = ([first, ...others]: readonly TimedDispatch[][]): TimedDispatch[] =>
  first.map((d, i) => ({ ...d, us: median([d.us, ...others.map((run) => run[i].us)]) }));

/** @throws RadaptError `gpu.no-timestamps` */
export async function profileStep(net: Network): Promise<Profile> {
  const timer = timeDispatches(navigator.gpu);
  const device = await createWebGpuDevice({ gpu: timer.gpu, tuning: freshTuning() });
  const runner = await openRadapt(device, net, "lora");
  await runner.run();
  const walls: number[] = [];
  for (let i = 0; i < REPETITIONS; i++) {
    const start = performance.now();
    await runner.run();
    walls.push(performance.now() - start);
  }
  const timed: TimedDispatch[][] = [];
  for (let i = 0; i < REPETITIONS; i++) {
    timer.start();
    await runner.run();
    timed.push(await timer.stop());
  }
  const dispatches = medians(timed);
  runner.dispose();
  const rates: ProductRate[] = [];
  for (const shape of commonProducts) rates.push(await productRate(device, timer, shape));
  device.dispose();
  const flops = dispatches.reduce((sum, d) => sum + d.flops, 0);
  const best = Math.max(...rates.map(({ gflops }) => gflops));
  const step = { flops, dispatches: dispatches.length, ms: median(walls), best, shares: sharesOf(net, dispatches) };
  return { adapter: device.info.label, rates, step };
}
